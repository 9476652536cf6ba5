/**
 * FakeWorker: the worker's script in this very thread, behind a real MessageChannel, so that messages are
 * cloned and buffers move as they do in a browser. Terminated or crashed, it answers nothing any more.
 */
import { expose } from "comlink";
import { RepoHost } from "../../src/worker/repo-host.js";
import { sendWholeErrors } from "../../src/worker/wire-errors.js";
import type { WorkerFactory, WorkerRole } from "../../src/index.js";

export class FakeWorker extends EventTarget implements Worker {
  onmessage = null;
  onmessageerror = null;
  onerror = null;
  terminated = false;
  /** What the page posted, newest last. */
  readonly posted: unknown[] = [];
  readonly #port: MessagePort;

  /** `served` is what the script exposes. */
  constructor(served: object = new RepoHost()) {
    super();
    sendWholeErrors();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (!this.terminated) this.dispatchEvent(new MessageEvent("message", { data }));
    };
    expose(served, port2);
  }

  postMessage(message: unknown, options?: Transferable[] | StructuredSerializeOptions): void {
    this.posted.push(message);
    const transfer = Array.isArray(options) ? options : (options?.transfer ?? []);
    if (!this.terminated) this.#port.postMessage(message, transfer);
  }

  terminate(): void {
    this.terminated = true;
    this.#port.close();
  }

  /** What a browser does when the script throws, or cannot be loaded (no message). */
  crash(message?: string): void {
    this.dispatchEvent(
      message === undefined ? new Event("error") : Object.assign(new Event("error"), { message }),
    );
  }
}

/** A factory that keeps what it made. */
export function fakeWorkers(): { factory: WorkerFactory; made: Map<WorkerRole, FakeWorker[]> } {
  const made = new Map<WorkerRole, FakeWorker[]>([
    ["engine", []],
    ["kdf", []],
  ]);
  const factory: WorkerFactory = (role) => {
    const worker = new FakeWorker();
    made.get(role)?.push(worker);
    return worker;
  };
  return { factory, made };
}
