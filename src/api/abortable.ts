/** AbortSignal for work that runs elsewhere: the caller stops waiting, with the signal's own reason. */

/** Starts `work` and settles with it, or rejects with the signal's reason before or while it runs. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  if (signal === undefined) return work();
  signal.throwIfAborted();
  const done = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    const onAbort = (): void => {
      resolve();
    };
    signal.addEventListener("abort", onAbort, { signal: done.signal });
  });
  try {
    return await Promise.race([work(), aborted.then(() => reasonOf(signal))]);
  } finally {
    done.abort();
  }
}

function reasonOf(signal: AbortSignal): never {
  signal.throwIfAborted();
  throw new DOMException("the operation was aborted", "AbortError");
}
