/** Files and versions as ZboxFS calls them, over those of the package. */
import type { File, VersionReader } from "../api/file.js";
import type { Data } from "../api/arguments.js";
import { argumentError } from "../api/arguments.js";
import type { FileMetadata, SeekFrom, VersionInfo } from "../worker/protocol.js";

/** `from` is one of `Zbox.SeekFrom`. */
export interface ZboxSeek {
  readonly from: 0 | 1 | 2;
  readonly offset: number;
}

export interface ZboxMetadata {
  readonly fileType: "File" | "Dir" | "Symlink";
  readonly contentLen: number;
  readonly currVersion: number;
  /** Milliseconds since 1970, like the next one. */
  readonly createdAt: number;
  readonly modifiedAt: number;
}

export interface ZboxVersion {
  readonly num: number;
  readonly contentLen: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

const FILE_TYPES = { file: "File", directory: "Dir", symlink: "Symlink" } as const;
/** By the numbers of `Zbox.SeekFrom`. */
const SEEK_FROM: readonly SeekFrom[] = ["start", "end", "current"];

export function zboxMetadata(metadata: FileMetadata): ZboxMetadata {
  const { type, size, version, createdMs, modifiedMs } = metadata;
  return {
    fileType: FILE_TYPES[type],
    contentLen: size,
    currVersion: version,
    createdAt: createdMs,
    modifiedAt: modifiedMs,
  };
}

export function zboxHistory(versions: readonly VersionInfo[]): ZboxVersion[] {
  return versions.map(({ version, size, createdMs }) => ({
    num: version,
    contentLen: size,
    createdAt: createdMs,
  }));
}

async function seekIn(file: File | VersionReader, { from, offset }: ZboxSeek): Promise<number> {
  const base = SEEK_FROM[from];
  if (base === undefined) throw argumentError("from", "one of Zbox.SeekFrom", from);
  return file.seek(offset, base);
}

/** An open file; see `File` of `cofferfs` for what its calls promise and reject with. */
export class ZboxFile implements AsyncDisposable {
  readonly #file: File;

  /** @internal */
  constructor(file: File) {
    this.#file = file;
  }

  /** Resolves to the part of `into` that was filled. */
  read(into: Uint8Array | ArrayBuffer): Promise<Uint8Array> {
    return this.#file.read(into);
  }

  readAll(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#file.readAll();
  }

  readAllString(): Promise<string> {
    return this.#file.readAllString();
  }

  /** Resolves to the number of bytes. */
  write(data: Data): Promise<number> {
    return this.#file.write(data);
  }

  finish(): Promise<void> {
    return this.#file.finish();
  }

  writeOnce(data: Data): Promise<void> {
    return this.#file.writeOnce(data);
  }

  /** Resolves to the new position. */
  seek(to: ZboxSeek): Promise<number> {
    return seekIn(this.#file, to);
  }

  setLen(length: number): Promise<void> {
    return this.#file.setLen(length);
  }

  currVersion(): Promise<number> {
    return this.#file.currVersion();
  }

  async metadata(): Promise<ZboxMetadata> {
    return zboxMetadata(await this.#file.metadata());
  }

  async history(): Promise<ZboxVersion[]> {
    return zboxHistory(await this.#file.history());
  }

  async versionReader(version: number): Promise<ZboxVersionReader> {
    return new ZboxVersionReader(await this.#file.versionReader(version));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** A version of a file, open for reading. */
export class ZboxVersionReader implements AsyncDisposable {
  readonly #reader: VersionReader;

  /** @internal */
  constructor(reader: VersionReader) {
    this.#reader = reader;
  }

  /** Resolves to the part of `into` that was filled. */
  read(into: Uint8Array | ArrayBuffer): Promise<Uint8Array> {
    return this.#reader.read(into);
  }

  readAll(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#reader.readAll();
  }

  readAllString(): Promise<string> {
    return this.#reader.readAllString();
  }

  /** Resolves to the new position. */
  seek(to: ZboxSeek): Promise<number> {
    return seekIn(this.#reader, to);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
