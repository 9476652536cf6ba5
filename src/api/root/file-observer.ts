/** FileObserver: what happens to entries, told as a `FileSystemObserver` tells it, by handles of what has changed. */
import type { FileType, WatchedChange } from "../../worker/protocol.js";
import type { ChangeReceiver, Watches } from "../watches.js";
import { toOptions } from "./dictionary.js";
import { domException, handled } from "./handle-errors.js";
import { absolute, placeOf, type HandleTree, type Place } from "./place.js";
import type { RootDirectoryHandle, RootFileHandle, RootHandle } from "./root.js";

export interface ObserveOptions {
  /** Of a directory, with everything below. Default false. */
  readonly recursive?: boolean | undefined;
}

/** What has happened. */
export interface FileChangeRecord {
  /** The handle that is observed. */
  readonly root: RootHandle;
  /**
   * `appeared`, `disappeared`, `modified`, `moved`: from one observed place to another, with all that is below.
   * `unknown`: anything may have changed, since another tree was restored. `errored`: nothing more will be told.
   */
  readonly type: "appeared" | "disappeared" | "modified" | "moved" | "unknown" | "errored";
  /** What has changed; null where there is nothing to have a handle of. */
  readonly changedHandle: RootFileHandle | RootDirectoryHandle | null;
  /** The names that lead from `root` to it. */
  readonly relativePathComponents: readonly string[];
  /** Of what was moved: those that led to it before. */
  readonly relativePathMovedFrom: readonly string[] | null;
}

/** Called with what has happened since the last time, in that order. */
export type FileObserverCallback = (
  records: readonly FileChangeRecord[],
  observer: FileObserver,
) => void;

/**
 * Tells of every change of what it observes, whoever made it: other handles, `repo.fs`, a transaction when it is committed. The shape is that of
 * `FileSystemObserver`. It is places that are observed: what comes where something has gone is told of as well.
 *
 * @example
 * ```ts
 * import { FileObserver, type Repo } from "cofferfs";
 *
 * export async function follow(repo: Repo): Promise<FileObserver> {
 *   const observer = new FileObserver((records) => {
 *     for (const { type, relativePathComponents } of records) console.log(type, relativePathComponents.join("/"));
 *   });
 *   await observer.observe(repo.root, { recursive: true });
 *   return observer;
 * }
 * ```
 */
export class FileObserver {
  readonly #callback: FileObserverCallback;
  readonly #open = new Set<Observation>();

  /** @throws TypeError unless `callback` is a function */
  constructor(callback: FileObserverCallback) {
    if (typeof callback !== "function") throw new TypeError("callback must be a function");
    this.#callback = callback;
  }

  /**
   * Begins to observe the place of `handle`, and ends an earlier observation of it. Changes that are asked for after the call are told of.
   *
   * @throws NotFoundError; NotSupportedError for a handle of `syncRoot`; InvalidStateError once the repo is closed or locked; TypeError
   */
  async observe(handle: RootHandle, options?: ObserveOptions): Promise<void> {
    const { tree, path } = placeOf(handle);
    const recursive = Boolean(toOptions<ObserveOptions>(options).recursive);
    this.unobserve(handle);
    if (tree.watches === undefined)
      throw domException("NotSupportedError", "a synchronous channel tells of no changes");
    const tell = (records: readonly FileChangeRecord[]): void => {
      this.#callback(records, this);
    };
    const observation = new Observation(handle, { tree, path }, tree.watches, tell);
    this.#open.add(observation);
    try {
      await handled(observation.begin(recursive));
    } catch (error) {
      this.#open.delete(observation);
      throw error;
    }
  }

  /** Nothing more is told of the place of `handle`. */
  unobserve(handle: RootHandle): void {
    const place = placeOf(handle);
    for (const observation of this.#open)
      if (observation.isOf(handle, place)) {
        observation.end();
        this.#open.delete(observation);
      }
  }

  /** Nothing more is told. */
  disconnect(): void {
    for (const observation of this.#open) observation.end();
    this.#open.clear();
  }
}

/** One place that is observed. */
class Observation implements ChangeReceiver {
  readonly #root: RootHandle;
  readonly #place: Place;
  readonly #watches: Watches;
  readonly #tell: (records: readonly FileChangeRecord[]) => void;
  readonly #id: number;
  /** What is not told of yet; a failure is the last. */
  #waiting: (WatchedChange | Error)[] = [];
  #telling = false;
  #ended = false;
  #recursive = false;
  /** The path without symlinks, as changes name it; the root's is empty. */
  readonly #watched: Promise<string>;
  #setWatched: (path: string) => void = () => undefined;

  constructor(
    root: RootHandle,
    place: Place,
    watches: Watches,
    tell: (records: readonly FileChangeRecord[]) => void,
  ) {
    this.#root = root;
    this.#place = place;
    this.#watches = watches;
    this.#tell = tell;
    this.#id = watches.add(this);
    this.#watched = new Promise((resolve) => (this.#setWatched = resolve));
  }

  /** Also of a handle that has moved on since. */
  isOf(handle: RootHandle, { tree, path }: Place): boolean {
    const { tree: ours, path: at } = this.#place;
    return handle === this.#root || (tree === ours && path === at);
  }

  async begin(recursive: boolean): Promise<void> {
    this.#recursive = recursive;
    const { tree, path } = this.#place;
    try {
      const real = await tree.files.watch(this.#id, absolute(path), recursive);
      this.#setWatched(real === "/" ? "" : real);
      // Somebody has ended it before it had begun.
      if (this.#ended) this.#unwatch();
    } catch (error) {
      this.end();
      throw error;
    }
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting = [];
    this.#watches.remove(this.#id);
    this.#unwatch();
  }

  #unwatch(): void {
    // Of a repo that is closed there is nothing left to end.
    this.#place.tree.files.unwatch(this.#id).catch(() => undefined);
  }

  tell(change: WatchedChange): void {
    this.#add(change);
  }

  fail(failure: Error): void {
    this.#add(failure);
  }

  #add(news: WatchedChange | Error): void {
    this.#waiting.push(news);
    if (!this.#telling) void this.#tellAll();
  }

  /** Tells of everything that waits, in one go for all that has come meanwhile. */
  async #tellAll(): Promise<void> {
    this.#telling = true;
    const watched = await this.#watched;
    while (this.#waiting.length > 0) {
      const news = this.#waiting.splice(0);
      const records: FileChangeRecord[] = [];
      for (const one of news) records.push(...(await this.#recordsOf(one, watched)));
      if (this.#ended) break;
      if (news.some((one) => one instanceof Error)) this.end();
      if (records.length > 0) this.#call(records);
    }
    this.#telling = false;
  }

  #call(records: readonly FileChangeRecord[]): void {
    try {
      this.#tell(records);
    } catch (error) {
      // As of any callback: it is nobody's failure but its own.
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  async #recordsOf(news: WatchedChange | Error, watched: string): Promise<FileChangeRecord[]> {
    if (news instanceof Error) return [this.#record("errored", [])];
    const { type, path, entry, other } = news;
    if (path === undefined) return [this.#record("unknown", [])];
    const names = namesBelow(watched, path) ?? [];
    const otherNames = other === undefined ? undefined : this.#observedNames(watched, other);
    if (type === "change")
      return [this.#record("modified", names, await this.#handleOf(names, undefined))];
    if (entry === undefined)
      // What was moved to where it is observed as well is told of there.
      return otherNames === undefined ? [await this.#goneOrBack(names)] : [];
    const handle = await this.#handleOf(names, entry);
    if (otherNames === undefined) return [this.#record("appeared", names, handle)];
    return [{ ...this.#record("moved", names, handle), relativePathMovedFrom: otherNames }];
  }

  /** An entry that has gone, or one that came or went because a directory above did. */
  async #goneOrBack(names: readonly string[]): Promise<FileChangeRecord> {
    if (names.length > 0) return this.#record("disappeared", names);
    const { files } = this.#place.tree;
    const type = await files.stat(absolute(this.#place.path)).then(
      (stats) => stats.type,
      () => undefined,
    );
    if (type === undefined) return this.#record("disappeared", names);
    return this.#record("appeared", names, await this.#handleOf(names, type));
  }

  /** The names that lead to a path, if that is observed. */
  #observedNames(watched: string, path: string): readonly string[] | undefined {
    const names = namesBelow(watched, path);
    return names === undefined || (names.length > 1 && !this.#recursive) ? undefined : names;
  }

  #record(
    type: FileChangeRecord["type"],
    names: readonly string[],
    changedHandle: FileChangeRecord["changedHandle"] = null,
  ): FileChangeRecord {
    const path = { relativePathComponents: names, relativePathMovedFrom: null };
    return { root: this.#root, type, changedHandle, ...path };
  }

  /** A handle of what is there now, if nobody knows what it is. */
  async #handleOf(
    names: readonly string[],
    entry: FileType | undefined,
  ): Promise<RootFileHandle | RootDirectoryHandle> {
    const { tree, path } = this.#place;
    const at = [path, ...names].join("/");
    const isKnown = entry === "file" || entry === "directory";
    const type = isKnown ? entry : await typeAt(tree, at);
    return type === "directory" ? tree.directory(at) : tree.file(at);
  }
}

/** What is gone already was a file, as most things are. */
async function typeAt({ files }: HandleTree, path: string): Promise<FileType> {
  try {
    return (await files.stat(absolute(path))).type;
  } catch {
    return "file";
  }
}

/** The names that lead from `directory` to `path`; undefined if none do. */
function namesBelow(directory: string, path: string): string[] | undefined {
  if (path === absolute(directory)) return [];
  if (!path.startsWith(`${directory}/`)) return undefined;
  return path.slice(directory.length + 1).split("/");
}
