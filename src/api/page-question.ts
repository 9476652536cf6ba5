/**
 * Questions that the worker asks the page while a call runs: what a function of the caller's says of an entry. They have a port
 * of their own, so that the call itself is still one message each way.
 */
import { transfer } from "comlink";
import type { PageAnswer, PageQuestion } from "../worker/protocol.js";

/** Makes the arguments of the caller's function. */
type Answer<A extends unknown[]> = (...args: A) => unknown;

/**
 * Runs `call` with a port on which `answer` is asked, or without one if there is nobody to ask. What `answer` throws, the call
 * rejects with.
 */
export async function asked<A extends unknown[], T>(
  answer: Answer<A> | undefined,
  call: (port: MessagePort | undefined) => Promise<T>,
): Promise<T> {
  if (answer === undefined) return call(undefined);
  const { port1, port2 } = new MessageChannel();
  const failure: { readonly thrown?: unknown }[] = [];
  port1.onmessage = ({ data }: MessageEvent<PageQuestion>) => {
    const reply = (given: PageAnswer): void => {
      port1.postMessage(given);
    };
    Promise.resolve(data.args as A)
      .then((args) => answer(...args))
      .then(
        (said) => {
          reply({ id: data.id, yes: Boolean(said) });
        },
        (thrown: unknown) => {
          failure.push({ thrown });
          reply({ id: data.id });
        },
      );
  };
  try {
    return await call(transfer(port2, [port2]));
  } catch (error) {
    const [first] = failure;
    throw first === undefined ? error : first.thrown;
  } finally {
    port1.close();
  }
}
