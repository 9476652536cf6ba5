/** FSWatcher: the changes of a file or directory as events, in the shape of what Node's `fs.watch` gives. */
import type { FileChange, WatchOptions } from "../api/fs.js";
import { assertFunction, checkedOptions } from "../api/validate.js";
import { withBytes, type ToBytes } from "./bytes.js";
import { later } from "./callback.js";
import { Emitter, type Listener } from "./emitter.js";
import { invoke, type PromisesFs } from "./promises-fs.js";

type Changes = AsyncIterable<FileChange<string | Uint8Array>>;

/**
 * Events: `change` with the type and the name, `error` with an error, which is its end, and `close`, which comes last. It watches from
 * the call of `fs.watch` on.
 */
export class FSWatcher extends Emitter {
  readonly #stop = new AbortController();

  /** @internal Watchers come from `fs.watch`. */
  constructor(changes: (signal: AbortSignal) => Changes, toBytes: ToBytes) {
    super();
    void this.#follow(changes, toBytes);
  }

  /** Nothing but `close` is told any more. */
  close(): void {
    this.#stop.abort();
  }

  /** Nothing to do: a page does not wait for anybody to end. */
  ref(): this {
    return this;
  }

  /** Like `ref`. */
  unref(): this {
    return this;
  }

  async #follow(changes: (signal: AbortSignal) => Changes, toBytes: ToBytes): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const { eventType, filename } of changes(signal))
        this.#tell("change", eventType, withBytes(filename, toBytes));
    } catch (error) {
      this.#tell("error", error);
    }
    later(() => this.emit("close"));
  }

  /** Later, so that what a listener throws is an uncaught exception and ends nothing here. */
  #tell(event: string, ...details: readonly unknown[]): void {
    later(() => {
      if (!this.#stop.signal.aborted) this.emit(event, ...details);
    });
  }
}

/** `fs.watch`: the listener may take the place of the options. */
export function watchCall(
  fs: PromisesFs,
  toBytes: ToBytes,
): (path: unknown, ...rest: readonly unknown[]) => FSWatcher {
  return (path, options, listener) => {
    const { signal, ...chosen } = checkedOptions<WatchOptions>(options as WatchOptions);
    const onChange = typeof options === "function" ? options : listener;
    if (onChange !== undefined && onChange !== null) assertFunction(onChange, "listener");
    const watcher = new FSWatcher(
      (stop) => invoke(fs, "watch", [path, { ...chosen, signal: stop }]) as Changes,
      toBytes,
    );
    if (typeof onChange === "function") watcher.on("change", onChange as Listener);
    const close = (): void => {
      watcher.close();
    };
    if (signal?.aborted === true) close();
    signal?.addEventListener("abort", close, { once: true });
    watcher.once("close", () => signal?.removeEventListener("abort", close));
    return watcher;
  };
}
