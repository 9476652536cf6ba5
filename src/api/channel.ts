/**
 * Channel: what Comlink speaks through, with an end. Comlink alone leaves calls pending for ever when
 * the other side dies; here every call that is under way, and every later one, rejects once the channel
 * has failed. Whatever arrives that answers no call is a notice.
 */
import type { Endpoint } from "comlink";
import type { Notice } from "../worker/protocol.js";
import type { LocalFailure } from "./wire-errors.js";

/** Both ends of a MessageChannel, and a Worker. */
export type Port = MessagePort | Worker;

interface CallMessage {
  readonly id?: string;
}

export class Channel implements Endpoint {
  readonly #port: Port;
  /** Calls that have no answer yet. */
  readonly #pending = new Set<string>();
  /** Where answers come from that nobody sent. */
  readonly #local = new EventTarget();
  #failure: (() => Error) | undefined;

  constructor(port: Port, onNotice: (notice: Notice) => void) {
    this.#port = port;
    const settle = ({ data }: MessageEvent<CallMessage & Notice>): void => {
      if (data.id === undefined) onNotice(data);
      else this.#pending.delete(data.id);
    };
    this.addEventListener("message", settle as EventListener);
    if ("start" in port) port.start();
  }

  addEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
    this.#port.addEventListener(type, listener);
    this.#local.addEventListener(type, listener);
  }

  removeEventListener(type: string, listener: EventListenerOrEventListenerObject): void {
    this.#port.removeEventListener(type, listener);
    this.#local.removeEventListener(type, listener);
  }

  postMessage(message: CallMessage, transfer: Transferable[] = []): void {
    if (this.#failure === undefined) this.#port.postMessage(message, transfer);
    if (message.id === undefined) return;
    this.#pending.add(message.id);
    if (this.#failure !== undefined) this.#rejectAll(this.#failure);
  }

  /** Rejects all calls, now and from now on, with an error of their own each. The first failure counts. */
  fail(failure: () => Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    if ("close" in this.#port) this.#port.close();
    this.#rejectAll(failure);
  }

  #rejectAll(failure: () => Error): void {
    for (const id of this.#pending) {
      const value: LocalFailure = { local: failure() };
      const data = { id, type: "HANDLER", name: "throw", value };
      this.#local.dispatchEvent(new MessageEvent("message", { data }));
    }
  }
}
