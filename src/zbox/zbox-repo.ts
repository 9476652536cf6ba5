/** ZboxRepo: a repo as ZboxFS calls it, over the package's own. */
import type { OpenFileOptions } from "../api/repo-paths.js";
import type { Repo } from "../api/repo.js";
import type { Cipher } from "../worker/protocol.js";
import { zboxHistory, zboxMetadata, ZboxFile } from "./zbox-file.js";
import type { ZboxMetadata, ZboxVersion } from "./zbox-file.js";

export interface ZboxFileOpening {
  readonly path: string;
  readonly opts?: OpenFileOptions | undefined;
}

export interface ZboxMove {
  readonly from: string;
  readonly to: string;
}

export interface ZboxPasswords {
  readonly oldPwd: string;
  readonly newPwd: string;
}

export interface ZboxEntry {
  readonly path: string;
  readonly fileName: string;
  readonly metadata: ZboxMetadata;
}

export interface ZboxRepoInfo {
  /** 32 hexadecimal digits. */
  readonly volumeId: string;
  /** Of the format on storage. */
  readonly version: string;
  readonly uri: string;
  /** Passes and bytes of memory of the key derivation; undefined if no password opens the repo. */
  readonly opsLimit: number | undefined;
  readonly memLimit: number | undefined;
  readonly cipher: Cipher;
  readonly compress: boolean;
  readonly versionLimit: number;
  readonly dedupChunk: boolean;
  readonly isReadOnly: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** An open repo; see `Repo` of `cofferfs` for what its calls promise and reject with. */
export class ZboxRepo implements AsyncDisposable {
  /** What everything here is made of, for what ZboxFS has no call for: `fs`, transactions, snapshots. */
  readonly repo: Repo;

  /** @internal */
  constructor(repo: Repo) {
    this.repo = repo;
  }

  async info(): Promise<ZboxRepoInfo> {
    const info = await this.repo.info();
    return {
      volumeId: info.containerId,
      version: String(info.format),
      uri: info.uri,
      opsLimit: info.kdf?.opsLimit,
      memLimit: info.kdf?.memLimit,
      cipher: info.cipher,
      compress: info.compress !== false,
      versionLimit: info.versionLimit,
      dedupChunk: info.dedupChunk,
      isReadOnly: info.readOnly,
      createdAt: info.createdMs,
    };
  }

  async createFile(path: string): Promise<ZboxFile> {
    return new ZboxFile(await this.repo.createFile(path));
  }

  async openFile(opening: string | ZboxFileOpening): Promise<ZboxFile> {
    const { path, opts } = typeof opening === "string" ? { path: opening, opts: {} } : opening;
    return new ZboxFile(await this.repo.openFile(path, opts));
  }

  createDir(path: string): Promise<void> {
    return this.repo.createDir(path);
  }

  createDirAll(path: string): Promise<void> {
    return this.repo.createDirAll(path);
  }

  async readDir(path: string): Promise<ZboxEntry[]> {
    const directory = path.replace(/\/*$/, "/");
    return (await this.repo.readDir(path)).map(({ name, ...metadata }) => ({
      path: directory + name,
      fileName: name,
      metadata: zboxMetadata(metadata),
    }));
  }

  async metadata(path: string): Promise<ZboxMetadata> {
    return zboxMetadata(await this.repo.metadata(path));
  }

  async history(path: string): Promise<ZboxVersion[]> {
    return zboxHistory(await this.repo.history(path));
  }

  async copy({ from, to }: ZboxMove): Promise<void> {
    return this.repo.copy(from, to);
  }

  async copyDirAll({ from, to }: ZboxMove): Promise<void> {
    return this.repo.copyDirAll(from, to);
  }

  removeFile(path: string): Promise<void> {
    return this.repo.removeFile(path);
  }

  removeDir(path: string): Promise<void> {
    return this.repo.removeDir(path);
  }

  removeDirAll(path: string): Promise<void> {
    return this.repo.removeDirAll(path);
  }

  async rename({ from, to }: ZboxMove): Promise<void> {
    return this.repo.rename(from, to);
  }

  pathExists(path: string): Promise<boolean> {
    return this.repo.pathExists(path);
  }

  isFile(path: string): Promise<boolean> {
    return this.repo.isFile(path);
  }

  isDir(path: string): Promise<boolean> {
    return this.repo.isDir(path);
  }

  /** Rewrites one key slot; content stays byte for byte as it is. @throws UNLOCK_FAILED, KDF_TOO_WEAK, KDF_LIMIT */
  resetPassword({ oldPwd, newPwd }: ZboxPasswords): Promise<void> {
    return this.repo.resetPassword(oldPwd, newPwd);
  }

  /** Commits and releases everything; open files are closed with it, and unfinished writes are gone. Idempotent. */
  close(): Promise<void> {
    return this.repo.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
