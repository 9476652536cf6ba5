/** Outlet: a stream that somebody writes while another reads it. Nothing happens before the first read, and no write ends before it was read. */

/** `work` begins with the first read. What it fails with, the stream does. */
export function outlet(
  work: (into: WritableStream<Uint8Array>, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const stopped = new AbortController();
  let begun = false;
  let wake: () => void = () => undefined;
  const stop = (reason: unknown): void => {
    stopped.abort(reason);
    wake();
  };
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        const abort = (): void => {
          controller.error(signal?.reason);
          stop(signal?.reason);
        };
        if (signal?.aborted === true) abort();
        else signal?.addEventListener("abort", abort, { once: true, signal: stopped.signal });
      },
      pull(controller) {
        wake();
        if (begun) return;
        begun = true;
        const into = new WritableStream<Uint8Array>({
          async write(chunk) {
            stopped.signal.throwIfAborted();
            const taken = new Promise<void>((resolve) => {
              wake = resolve;
            });
            controller.enqueue(new Uint8Array(chunk));
            await taken;
            stopped.signal.throwIfAborted();
          },
        });
        work(into, stopped.signal).then(
          () => {
            if (!stopped.signal.aborted) controller.close();
            stop(undefined);
          },
          (error: unknown) => {
            if (!stopped.signal.aborted) controller.error(error);
            stop(error);
          },
        );
      },
      cancel: stop,
    },
    { highWaterMark: 0 },
  );
}
