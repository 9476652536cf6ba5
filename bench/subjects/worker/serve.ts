/** The worker's side: answers calls in the order of their ends; a result's buffer goes along with it. */
import type { CallMessage, ReplyMessage, Served } from "./messages.js";

export function serve(served: Served): void {
  addEventListener("message", ({ data: { id, name, parameters } }: MessageEvent<CallMessage>) => {
    const call = served[name] as (...all: readonly unknown[]) => unknown;
    run(call, parameters).then(
      (result) => {
        reply({ id, result }, result instanceof Uint8Array ? [result.buffer] : []);
      },
      (error: unknown) => {
        reply({ id, error: String(error) }, []);
      },
    );
  });
}

async function run(
  call: (...all: readonly unknown[]) => unknown,
  parameters: readonly unknown[],
): Promise<unknown> {
  return call(...parameters);
}

function reply(message: ReplyMessage, transfer: Transferable[]): void {
  postMessage(message, { transfer });
}
