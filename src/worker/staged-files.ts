/**
 * StagedFiles: the open files of `repo.openFile`, which the page knows by number, each with its position. Calls of
 * one file take turns in the order in which they were made; files do not wait for each other.
 */
import { RepoError } from "../errors.js";
import type { FileHandle, FileMetadata, VersionInfo } from "../vfs/file-system.js";
import type { StagedFile } from "../vfs/staged-file.js";
import { firstNumber } from "./open-files.js";
import type { SeekFrom } from "./protocol.js";

/** The largest content that one call can read. */
const MAX_READ_BYTES = 2 ** 31 - 1;

export class OpenStagedFile {
  readonly #file: StagedFile;
  #position = 0;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(file: StagedFile) {
    this.#file = file;
  }

  /** A file that appends begins at its end. */
  static async of(file: StagedFile): Promise<OpenStagedFile> {
    const open = new OpenStagedFile(file);
    if (file.appends) open.#position = (await file.metadata()).size;
    return open;
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const work = this.#turn.then(action);
    this.#turn = work.catch(() => undefined);
    return work;
  }

  /** From the position on up to `length` bytes, fewer only at the end of the file. */
  read(length: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      const { size } = await this.#file.metadata();
      const left = Math.max(0, Math.min(length, size - this.#position));
      if (left > MAX_READ_BYTES) throw new RepoError("EFBIG", { syscall: "read" });
      const into = new Uint8Array(left);
      const count = await this.#file.read(into, this.#position);
      this.#position += count;
      return into.subarray(0, count);
    });
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#file.write(bytes, this.#position));
  }

  finish(): Promise<void> {
    return this.#inTurn(async () => {
      this.#position = await this.#file.finish();
    });
  }

  discard(): Promise<void> {
    return this.#inTurn(() => this.#file.discard());
  }

  writeOnce(bytes: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      this.#position = await this.#file.writeOnce(bytes, this.#position);
    });
  }

  /** Resolves to the new position, which may be behind the end. */
  seek(offset: number, from: SeekFrom): Promise<number> {
    return this.#inTurn(async () => {
      const { size } = await this.#file.metadata();
      this.#file.assertFinished();
      const base = { start: 0, current: this.#position, end: size }[from];
      const position = base + offset;
      if (!Number.isSafeInteger(position) || position < 0)
        throw new RepoError("EINVAL", { syscall: "lseek" });
      return (this.#position = position);
    });
  }

  setLen(size: number): Promise<void> {
    return this.#inTurn(() => this.#file.setLen(size));
  }

  metadata(): Promise<FileMetadata> {
    return this.#inTurn(() => this.#file.metadata());
  }

  history(): Promise<VersionInfo[]> {
    return this.#inTurn(() => this.#file.history());
  }

  openVersion(version: number): Promise<FileHandle> {
    return this.#inTurn(() => this.#file.openVersion(version));
  }

  /** After everything that was asked of it. */
  close(): Promise<void> {
    return this.#inTurn(() => this.#file.close());
  }
}

export class StagedFiles {
  readonly #files = new Map<number, OpenStagedFile>();
  /** Numbers are not used again, so that a stale one never meets somebody else's file. */
  #next: number;

  constructor(session: number | undefined = 0) {
    this.#next = 1 + firstNumber(session);
  }

  add(file: OpenStagedFile): number {
    const id = this.#next++;
    this.#files.set(id, file);
    return id;
  }

  /** @throws EBADF if it is closed */
  get(id: number, syscall: string): OpenStagedFile {
    const file = this.#files.get(id);
    if (file === undefined) throw new RepoError("EBADF", { syscall });
    return file;
  }

  close(id: number): Promise<void> {
    const file = this.get(id, "close");
    this.#files.delete(id);
    return file.close();
  }

  /** What is not finished is gone; a repo that has failed frees it when it is opened again. */
  async closeAll(): Promise<void> {
    await Promise.allSettled([...this.#files.keys()].map((id) => this.close(id)));
  }
}
