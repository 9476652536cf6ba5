/** The part of RepoFs that tells of changes. */
import type { RemoteFiles, WatchedChange } from "../worker/protocol.js";
import { toPath, type PathLike } from "./arguments.js";
import { nameAs, type NameEncoding } from "./encoding.js";
import type { FileChange, RepoFs, WatchOptions } from "./fs.js";
import { abortError, codedError } from "./node-errors.js";
import {
  assertBoolean,
  assertEncoding,
  assertInteger,
  assertObject,
  assertSignal,
} from "./validate.js";
import type { ChangeReceiver, Watches } from "./watches.js";

const DEFAULT_MAX_QUEUE = 2048;

/** Changes that nobody has asked for yet, and the one who waits for the next. */
class ChangeQueue implements ChangeReceiver {
  readonly #max: number;
  readonly #throws: boolean;
  #changes: WatchedChange[] = [];
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(max: number, throws: boolean) {
    this.#max = max;
    this.#throws = throws;
  }

  tell(change: WatchedChange): void {
    if (this.#changes.length < this.#max) this.#changes.push(change);
    else if (this.#throws)
      this.fail(
        codedError(
          "ERR_FS_WATCH_QUEUE_OVERFLOW",
          `fs.watch() queued more than ${this.#max} events`,
        ),
      );
    // Better one event that says "anything" than a gap that nobody knows of.
    else this.#changes = [{ ...change, path: undefined }];
    this.#wake();
  }

  fail(failure: Error): void {
    this.#failure ??= failure;
    this.#wake();
  }

  async next(): Promise<WatchedChange> {
    for (;;) {
      const change = this.#changes.shift();
      if (change !== undefined) return change;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

interface Choices {
  readonly recursive: boolean;
  readonly encoding: NameEncoding | null;
  readonly maxQueue: number;
  readonly throws: boolean;
}

function checked(options: WatchOptions): Choices {
  assertObject(options);
  const { persistent = true, recursive, encoding = "utf8", signal } = options;
  const { maxQueue = DEFAULT_MAX_QUEUE, overflow = "ignore" } = options;
  const below: unknown = recursive ?? false;
  assertBoolean(persistent, "options.persistent");
  assertBoolean(below, "options.recursive");
  assertSignal(signal, "options.signal");
  assertEncoding(encoding, true);
  assertInteger(maxQueue, "options.maxQueue", 1);
  return { recursive: below, encoding, maxQueue, throws: overflow === "throw" };
}

/** The name under which Node tells of a change: relative to what is watched, or the last name of that itself. */
function nameIn(watched: string, path: string): string {
  if (path === watched) return watched.slice(watched.lastIndexOf("/") + 1);
  return path.slice(watched === "/" ? 1 : watched.length + 1);
}

export function watchCall(remote: RemoteFiles, watches: Watches): RepoFs["watch"] {
  async function* watch(
    path: PathLike,
    options: WatchOptions = {},
  ): AsyncGenerator<FileChange<string | Uint8Array<ArrayBuffer>>> {
    const { recursive, encoding, maxQueue, throws } = checked(options);
    const { signal } = options;
    const at = toPath(path);
    if (signal?.aborted === true) throw abortError(signal);
    const queue = new ChangeQueue(maxQueue, throws);
    const onAbort = (): void => {
      if (signal !== undefined) queue.fail(abortError(signal));
    };
    signal?.addEventListener("abort", onAbort);
    const id = watches.add(queue);
    try {
      const watched = await remote.watch(id, at, recursive);
      for (;;) {
        const { type, path: changed } = await queue.next();
        const name = changed === undefined ? null : nameIn(watched, changed);
        yield { eventType: type, filename: name === null ? null : nameAs(name, encoding) };
      }
    } finally {
      signal?.removeEventListener("abort", onAbort);
      watches.remove(id);
      // Of a repo that is closed there is nothing left to end.
      void remote.unwatch(id).catch(() => undefined);
    }
  }
  return watch as RepoFs["watch"];
}
