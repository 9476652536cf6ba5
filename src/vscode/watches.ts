/**
 * Watches: all that the editor follows. What they tell is collected for a moment and then told in one go, each change once, whatever the
 * number of watches that saw it.
 */
import type { DisposableLike, WatchRequest } from "./editor-types.js";
import type { KnownEntries, PathChange } from "./known-entries.js";
import { PathWatch, type PathWatchOptions } from "./path-watch.js";
import type { ProvidedFs } from "./provided-fs.js";

export interface WatchedChange<Uri> extends Pick<PathChange, "type"> {
  readonly uri: Uri;
  readonly correlationId: number | undefined;
}

export interface WatchOptions<Uri>
  extends Pick<WatchRequest, "correlationId">, Omit<PathWatchOptions, "onChange"> {
  /** The URI of a path at or below `path`. */
  readonly uriOf: (path: string) => Uri;
}

interface Watch<Uri> {
  readonly watch: PathWatch;
  readonly options: WatchOptions<Uri>;
}

export class Watches<Uri> {
  readonly #fs: ProvidedFs;
  readonly #known: KnownEntries;
  readonly #coalesceMs: number;
  readonly #tell: (changes: WatchedChange<Uri>[]) => void;
  readonly #watches = new Set<Watch<Uri>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Batches are told in the order in which they were begun. */
  #telling = Promise.resolve();

  /** `tell` is called with what has happened within `coalesceMs` after a first change. */
  constructor(
    fs: ProvidedFs,
    known: KnownEntries,
    coalesceMs: number,
    tell: (changes: WatchedChange<Uri>[]) => void,
  ) {
    this.#fs = fs;
    this.#known = known;
    this.#coalesceMs = coalesceMs;
    this.#tell = tell;
  }

  add(options: WatchOptions<Uri>): DisposableLike & { dispose(): void } {
    const onChange = (): void => {
      this.#collectSoon();
    };
    const added = {
      watch: new PathWatch(this.#fs, this.#known, { ...options, onChange }),
      options,
    };
    this.#watches.add(added);
    return {
      dispose: () => {
        added.watch.close();
        this.#watches.delete(added);
      },
    };
  }

  /** The file system answers: what had ended goes on. */
  revive(): void {
    for (const { watch } of this.#watches) watch.revive();
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const { watch } of this.#watches) watch.close();
    this.#watches.clear();
  }

  #collectSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#telling = this.#telling.then(() => this.#collect());
    }, this.#coalesceMs);
  }

  async #collect(): Promise<void> {
    const batches = await Promise.all(
      [...this.#watches].map(async ({ watch, options: { uriOf, correlationId } }) =>
        (await watch.collect()).map(({ path, type }) => ({
          type,
          uri: uriOf(path),
          correlationId,
        })),
      ),
    );
    const changes = new Map<string, WatchedChange<Uri>>();
    for (const change of batches.flat())
      changes.set(`${change.type} ${change.correlationId ?? ""} ${String(change.uri)}`, change);
    if (changes.size > 0) this.#tell([...changes.values()]);
  }
}
