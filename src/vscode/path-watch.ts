/**
 * PathWatch: follows what happens at a path and below, and puts it into the editor's words. Node tells of an entry that it came or went
 * (`rename`), and not which; so entries are looked at when the changes are collected, and how often they came
 * or went says what they were before.
 */
import { FILE_CHANGE, type WatchRequest } from "./editor-types.js";
import type { Excludes } from "./excludes.js";
import type { KnownEntries, PathChange } from "./known-entries.js";
import { find, saysMissing, type FsChange, type ProvidedFs } from "./provided-fs.js";
import { isStaged } from "./staging.js";
import { below, nameOf, parentOf } from "./uri-paths.js";

/** What has been heard of an entry since the last collection. */
interface Tally {
  /** How often it came or went. */
  renames: number;
}

export interface PathWatchOptions extends Pick<WatchRequest, "recursive"> {
  readonly path: string;
  readonly excludes: Excludes;
  /** There is something to collect. */
  readonly onChange: () => void;
}

/** Both say whether it is enough. */
interface Follower {
  /** Called once nothing is missed any more. */
  readonly begun: () => Promise<boolean>;
  readonly heed: (change: FsChange) => boolean;
}

/** The name of what is watched, relative to itself. */
const SELF = "";

export class PathWatch {
  readonly #fs: ProvidedFs;
  readonly #known: KnownEntries;
  readonly #options: PathWatchOptions;
  readonly #stop = new AbortController();
  #tallies = new Map<string, Tally>();
  /** Anything may have happened. */
  #blind = false;
  #selfIsGone = false;
  #isFailed = false;
  /** The last name of the real path, by which what is watched is told of itself. */
  #ownName = "";

  constructor(fs: ProvidedFs, known: KnownEntries, options: PathWatchOptions) {
    this.#fs = fs;
    this.#known = known;
    this.#options = options;
    void this.#run();
  }

  close(): void {
    this.#stop.abort();
  }

  /** Begins anew if the file system has ended it, because it was locked, say; what was missed counts as anything. */
  revive(): void {
    if (!this.#isFailed || this.#stop.signal.aborted) return;
    this.#isFailed = false;
    this.#seeNothing();
    void this.#run();
  }

  /** What has happened since the last time. */
  async collect(): Promise<PathChange[]> {
    const [tallies, blind] = [this.#tallies, this.#blind];
    this.#tallies = new Map();
    this.#blind = false;
    let changes: PathChange[];
    try {
      changes = blind
        ? await this.#review()
        : (await Promise.all([...tallies].map((told) => this.#told(...told)))).flat();
    } catch {
      // Locked or closed, so that nothing can be looked at; if that ends, everything is.
      this.#blind = true;
      return [];
    }
    for (const { path, type } of changes)
      if (type === FILE_CHANGE.deleted) this.#known.forget(path);
      else this.#known.add(path);
    return this.#stop.signal.aborted ? [] : withoutWhatIsBelowDeleted(changes);
  }

  async #review(): Promise<PathChange[]> {
    const { path: watched, recursive } = this.#options;
    const changes = await this.#known.review(watched, recursive);
    const self = await this.#selfChanged();
    return [...self, ...changes.filter(({ path }) => !this.#isLeftOut(relativeTo(watched, path)))];
  }

  async #run(): Promise<void> {
    const { path, recursive } = this.#options;
    for (;;)
      try {
        await this.#follow(path, recursive, {
          begun: async () => {
            this.#ownName = nameOf(await this.#fs.realpath(path));
            return false;
          },
          heed: (change) => this.#heed(change),
        });
        return;
      } catch (error) {
        if (!saysMissing(error) || !(await this.#arrival())) {
          this.#isFailed = true;
          return;
        }
      }
  }

  /** Hears of a path until it is closed, or one of the two says that it is enough. */
  async #follow(path: string, recursive: boolean, { begun, heed }: Follower): Promise<void> {
    const enough = new AbortController();
    const onStop = (): void => {
      enough.abort();
    };
    this.#stop.signal.addEventListener("abort", onStop);
    try {
      if (this.#stop.signal.aborted) return;
      const changes = this.#fs.watch(path, { recursive, signal: enough.signal });
      const iterator = changes[Symbol.asyncIterator]();
      // Asked before anything else, so that what happens from here on is heard of.
      let next = iterator.next();
      next.catch(() => undefined);
      if (await begun()) return;
      for (;;) {
        const change = await next;
        if (change.done === true || heed(change.value)) return;
        next = iterator.next();
      }
    } finally {
      this.#stop.signal.removeEventListener("abort", onStop);
      enough.abort();
    }
  }

  /** Waits until there is something at the path; false if that cannot be told. */
  async #arrival(): Promise<boolean> {
    const { path } = this.#options;
    this.#selfIsGone = true;
    const isThere = async (): Promise<boolean> => (await find(this.#fs, path)) !== undefined;
    try {
      while (!(await isThere())) {
        const above = await this.#nearestAbove(path);
        // That may be gone by now as well: then the next one above is looked for.
        const ignoreMissing = (error: unknown): void => {
          if (!saysMissing(error)) throw error;
        };
        await this.#follow(above, false, { begun: isThere, heed: () => true }).catch(ignoreMissing);
        if (this.#stop.signal.aborted) return false;
      }
    } catch {
      return false;
    }
    this.#add(SELF, "rename");
    return true;
  }

  async #nearestAbove(path: string): Promise<string> {
    for (let above = parentOf(path); above !== "/"; above = parentOf(above))
      if ((await find(this.#fs, above))?.isDirectory() === true) return above;
    return "/";
  }

  /** Never the end of it. */
  #heed({ eventType, filename }: FsChange): boolean {
    if (filename === null) this.#seeNothing();
    else if (!this.#isLeftOut(filename)) this.#add(filename, eventType);
    return false;
  }

  #isLeftOut(relative: string): boolean {
    return isStaged(relative) || (relative !== SELF && this.#options.excludes(relative));
  }

  #seeNothing(): void {
    this.#blind = true;
    this.#options.onChange();
  }

  #add(relative: string, eventType: string): void {
    const tally = this.#tallies.get(relative) ?? { renames: 0 };
    if (eventType === "rename") tally.renames += 1;
    this.#tallies.set(relative, tally);
    this.#options.onChange();
  }

  async #told(relative: string, { renames }: Tally): Promise<PathChange[]> {
    if (relative === SELF) return this.#selfChanged();
    const path = below(this.#options.path, relative);
    const isThere = (await find(this.#fs, path)) !== undefined;
    const { changed, created, deleted } = FILE_CHANGE;
    if (isThere) return [{ path, type: renames % 2 === 0 ? changed : created }];
    const entry = renames % 2 === 0 ? [] : [{ path, type: deleted }];
    if (relative !== this.#ownName) return entry;
    // What is watched tells of itself under its name, which one of its entries may have had as well.
    const self = await this.#selfChanged();
    return (await this.#isDirectory()) ? [...self, ...entry] : self;
  }

  async #selfChanged(): Promise<PathChange[]> {
    const { path } = this.#options;
    const { changed, created, deleted } = FILE_CHANGE;
    const wasGone = this.#selfIsGone;
    this.#selfIsGone = (await find(this.#fs, path)) === undefined;
    if (this.#selfIsGone) return wasGone ? [] : [{ path, type: deleted }];
    return [{ path, type: wasGone ? created : changed }];
  }

  async #isDirectory(): Promise<boolean> {
    try {
      return (await this.#fs.stat(this.#options.path)).isDirectory();
    } catch (error) {
      if (saysMissing(error)) return false;
      throw error;
    }
  }
}

function relativeTo(watched: string, path: string): string {
  if (path === watched) return SELF;
  return path.slice(watched === "/" ? 1 : watched.length + 1);
}

/** A folder that is gone takes along what was in it. */
function withoutWhatIsBelowDeleted(changes: readonly PathChange[]): PathChange[] {
  const gone = new Set(
    changes.filter(({ type }) => type === FILE_CHANGE.deleted).map(({ path }) => path),
  );
  const isBelowGone = (path: string): boolean => {
    for (let above = parentOf(path); above !== "/"; above = parentOf(above))
      if (gone.has(above)) return true;
    return gone.has("/");
  };
  return changes.filter(({ path, type }) => type !== FILE_CHANGE.deleted || !isBelowGone(path));
}
