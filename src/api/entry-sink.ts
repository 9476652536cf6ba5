/**
 * EntrySink: where imported entries go. A repo's takes many in one message, makes each in a transaction of its own, and follows no
 * symlink beneath the destination. `cofferfs/transfer` has another one for any object with Node's calls.
 */
import { transfer } from "comlink";
import { isRepoError } from "../errors.js";
import type { Conflict, RemoteFiles, WireEntry } from "../worker/protocol.js";
import { joined } from "./entry-data.js";
import { payload } from "./payload.js";
import { decodeThrown } from "./wire-errors.js";

/** A file that has no name yet, written from the beginning on. It is gone when it is closed, unless it was placed. */
export interface NamelessFile {
  /** `bytes` are given away. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Up to `length` bytes, fewer only at the end. */
  read(length: number, at: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/** See `NewEntry` in vfs/file-system.ts. */
export type SinkEntry = Omit<WireEntry, "size" | "fd"> & {
  readonly content?: Uint8Array | undefined;
  /** In place of content. */
  readonly file?: NamelessFile | undefined;
};

/** What became of the first entries, and what stopped it. */
export interface SinkOutcome {
  readonly placed: readonly ("made" | "there")[];
  readonly failure?: { readonly thrown: unknown } | undefined;
}

export interface EntrySink {
  /** Makes the destination, if it is missing. */
  prepare(base: string): Promise<void>;
  place(base: string, entries: readonly SinkEntry[], conflict: Conflict): Promise<SinkOutcome>;
  openNameless(base: string): Promise<NamelessFile>;
}

/** Where a RepoFs keeps its sink; the same for every copy of this module on a page. */
const SINK = Symbol.for("cofferfs.entrySink");

/** What `createFs` adds to its functions. */
export function withSink<T extends object>(fs: T, remote: RemoteFiles): T {
  return Object.defineProperty(fs, SINK, { value: new RemoteSink(remote) });
}

/** Undefined if `fs` is not of this library. */
export function sinkOf(fs: object): EntrySink | undefined {
  return Reflect.get(fs, SINK) as EntrySink | undefined;
}

export class RemoteSink implements EntrySink {
  readonly #remote: RemoteFiles;

  constructor(remote: RemoteFiles) {
    this.#remote = remote;
  }

  async prepare(base: string): Promise<void> {
    await this.#remote.makeDirectories(base);
  }

  async place(
    base: string,
    entries: readonly SinkEntry[],
    conflict: Conflict,
  ): Promise<SinkOutcome> {
    const contents = entries.map(({ content }) => content ?? new Uint8Array(0));
    const bytes = joined(
      contents,
      contents.reduce((sum, { length }) => sum + length, 0),
    );
    const wire = entries.map(toWire);
    const batch = transfer({ entries: wire, bytes }, [bytes.buffer]);
    const { placed, failure } = await this.#remote.placeEntries(base, batch, conflict);
    return { placed, failure: failure && { thrown: decodeThrown(failure) } };
  }

  async openNameless(): Promise<NamelessFile> {
    return new RemoteNameless(this.#remote, await this.#remote.openNameless());
  }
}

function toWire({ content, file, ...entry }: SinkEntry): WireEntry {
  return {
    ...entry,
    size: content?.length,
    fd: file instanceof RemoteNameless ? file.fd : undefined,
  };
}

class RemoteNameless implements NamelessFile {
  readonly fd: number;
  readonly #remote: RemoteFiles;
  #end = 0;

  constructor(remote: RemoteFiles, fd: number) {
    this.#remote = remote;
    this.fd = fd;
  }

  async write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { length } = bytes;
    await this.#remote.fdWrite(this.fd, payload(bytes, true), this.#end);
    this.#end += length;
  }

  read(length: number, at: number): Promise<Uint8Array<ArrayBuffer>> {
    return this.#remote.fdRead(this.fd, length, at);
  }

  async close(): Promise<void> {
    try {
      await this.#remote.fdClose(this.fd);
    } catch (error) {
      // A repo that was closed or locked has closed it.
      if (!isRepoError(error, "EBADF")) throw error;
    }
  }
}
