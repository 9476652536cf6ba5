/** StagedFileService: the files of a repo on the wire, and those whose changes are staged and become versions. */
import type { FileMetadata, OpenFlags, VersionInfo } from "../vfs/file-system.js";
import type { EntryMetadata } from "../vfs/metadata.js";
import type { RepoFileSystem } from "../vfs/repo-fs.js";
import { copyDirectory } from "./copy-directory.js";
import { FileService, isWhole, moved, type NotifyChange } from "./file-service.js";
import type { OpenVersion, RemoteStagedFiles, SeekFrom } from "./protocol.js";
import { removeDirectoryTree } from "./remove.js";
import { OpenStagedFile, StagedFiles } from "./staged-files.js";

export class StagedFileService extends FileService implements RemoteStagedFiles {
  readonly #fs: RepoFileSystem;
  readonly #staged: StagedFiles;

  constructor(fs: RepoFileSystem, session: number, notifyChange: NotifyChange) {
    super(fs, session, notifyChange);
    this.#fs = fs;
    this.#staged = new StagedFiles(session);
  }

  metadata(path: string): Promise<FileMetadata> {
    return this.#fs.metadata(path);
  }

  listMetadata(path: string): Promise<EntryMetadata[]> {
    return this.#fs.listMetadata(path);
  }

  history(path: string): Promise<VersionInfo[]> {
    return this.#fs.history(path);
  }

  async openVersion(path: string, version: number): Promise<number> {
    return this.serve(await this.#fs.openVersion(path, version));
  }

  renameNew(from: string, to: string): Promise<void> {
    return this.#fs.rename(from, to, true);
  }

  copyDirectory(from: string, to: string): Promise<void> {
    return copyDirectory(this.#fs, from, to);
  }

  removeDirectoryTree(path: string): Promise<void> {
    return removeDirectoryTree(this.#fs, path);
  }

  async openFile(path: string, flags: OpenFlags): Promise<number> {
    return this.#staged.add(await OpenStagedFile.of(await this.#fs.openStaged(path, flags)));
  }

  async fileRead(id: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return moved(await this.#staged.get(id, "read").read(length));
  }

  async fileReadAll(id: number): Promise<Uint8Array<ArrayBuffer>> {
    return moved(await this.#staged.get(id, "read").read(Infinity));
  }

  async fileWrite(id: number, bytes: Uint8Array): Promise<void> {
    return this.#staged.get(id, "write").write(owned(bytes));
  }

  async fileFinish(id: number): Promise<void> {
    return this.#staged.get(id, "write").finish();
  }

  async fileDiscard(id: number): Promise<void> {
    return this.#staged.get(id, "write").discard();
  }

  async fileWriteOnce(id: number, bytes: Uint8Array): Promise<void> {
    return this.#staged.get(id, "write").writeOnce(owned(bytes));
  }

  async fileSeek(id: number, offset: number, from: SeekFrom): Promise<number> {
    return this.#staged.get(id, "lseek").seek(offset, from);
  }

  async fileSetLen(id: number, size: number): Promise<void> {
    return this.#staged.get(id, "ftruncate").setLen(size);
  }

  async fileMetadata(id: number): Promise<FileMetadata> {
    return this.#staged.get(id, "fstat").metadata();
  }

  async fileHistory(id: number): Promise<VersionInfo[]> {
    return this.#staged.get(id, "fstat").history();
  }

  async fileVersion(id: number, version: number): Promise<OpenVersion> {
    const handle = await this.#staged.get(id, "open").openVersion(version);
    const { size } = await handle.stat();
    return { fd: this.serve(handle), size };
  }

  async fileClose(id: number): Promise<void> {
    return this.#staged.close(id);
  }

  protected closeStaged(): Promise<void> {
    return this.#staged.closeAll();
  }
}

/** Bytes that nobody else has: those of a message that are not all of their buffer are copied. */
function owned(bytes: Uint8Array): Uint8Array {
  return isWhole(bytes) ? bytes : bytes.slice();
}
