/**
 * SqliteVfs: a repo's files as a VFS of SQLite's own WebAssembly build. The engine promises SQLite more than a disk
 * does: each write happens whole or not at all, and writes become durable in their order.
 */
import { isRepoError } from "../errors.js";
import { FileLocks, type LockHolder } from "./sqlite-locks.js";
import type { SqliteFileMethods, SqliteModule, SqliteVfsMethods } from "./sqlite-module.js";
import type { SyncFs } from "./sync-fs.js";

/** What a VFS is called unless it is said. */
const DEFAULT_NAME = "cofferfs";
const SECTOR_BYTES = 4096;
const PATH_BYTES = 4096;
/** Of files without a name, which nobody else sees for longer than it takes to open them. */
const TEMPORARY_PREFIX = "/.sqlite-";

/**
 * Registers a VFS by which the official build of SQLite, `@sqlite.org/sqlite-wasm`, keeps databases in the repo. It must run
 * in the worker that has the channel. Rollback journals work, in all modes; write-ahead logs only with
 * `locking_mode=exclusive`. Connections of one worker lock each other out as they should; a database must not be open in
 * two workers at a time.
 *
 * A transaction is as durable as SQLite makes it: with `synchronous=FULL`, its default, each commit waits for the storage.
 *
 * @returns the VFS's name
 * @example
 * ```ts
 * import { sqliteVfs, type SqliteModule, type SyncFs } from "cofferfs/sync";
 *
 * interface Sqlite extends SqliteModule {
 *   readonly oo1: { readonly DB: new (path: string, flags: string, vfs: string) => { exec(sql: string): unknown } };
 * }
 *
 * export function openNotes(sqlite3: Sqlite, fs: SyncFs): void {
 *   const db = new sqlite3.oo1.DB("/notes.db", "c", sqliteVfs(sqlite3, fs));
 *   db.exec("create table if not exists notes (text)");
 * }
 * ```
 */
export function sqliteVfs(sqlite3: SqliteModule, fs: SyncFs, name = DEFAULT_NAME): string {
  const { capi } = sqlite3;
  const files = new SqliteFiles(sqlite3, fs);
  const methods = new capi.sqlite3_io_methods();
  const vfs = new capi.sqlite3_vfs();
  const system = new capi.sqlite3_vfs(capi.sqlite3_vfs_find(null));
  const file = new capi.sqlite3_file();
  methods.$iVersion = 1;
  vfs.$iVersion = 2;
  vfs.$szOsFile = file.structInfo.sizeof;
  vfs.$mxPathname = PATH_BYTES;
  // Time, sleep and randomness are those of the build.
  vfs.$xRandomness = system.$xRandomness;
  vfs.$xSleep = system.$xSleep;
  vfs.$xCurrentTime = system.$xCurrentTime;
  vfs.$xCurrentTimeInt64 = system.$xCurrentTimeInt64;
  system.dispose();
  file.dispose();
  sqlite3.vfs.installVfs({
    io: { struct: methods, methods: files.fileMethods() },
    vfs: { struct: vfs, methods: files.vfsMethods(methods.pointer), name },
  });
  return name;
}

interface OpenFile {
  readonly fd: number;
  readonly lock: LockHolder;
}

class SqliteFiles {
  readonly #sqlite3: SqliteModule;
  readonly #fs: SyncFs;
  /** By the address of SQLite's own record. */
  readonly #open = new Map<number, OpenFile>();
  readonly #locks = new FileLocks();

  constructor(sqlite3: SqliteModule, fs: SyncFs) {
    this.#sqlite3 = sqlite3;
    this.#fs = fs;
  }

  fileMethods(): SqliteFileMethods {
    const { capi, wasm } = this.#sqlite3;
    const fs = this.#fs;
    return {
      xClose: (file) => {
        const open = this.#open.get(file);
        this.#open.delete(file);
        return this.#run(capi.SQLITE_IOERR_CLOSE, () => {
          open?.lock.unlock(0);
          if (open !== undefined) fs.closeSync(open.fd);
          return undefined;
        });
      },
      xRead: (file, to, count, at) =>
        this.#run(capi.SQLITE_IOERR_READ, () => {
          const into = wasm.heap8u().subarray(to, to + count);
          const read = fs.readSync(this.#fd(file), into, 0, count, Number(at));
          if (read === count) return undefined;
          into.fill(0, read);
          return capi.SQLITE_IOERR_SHORT_READ;
        }),
      xWrite: (file, from, count, at) =>
        this.#run(capi.SQLITE_IOERR_WRITE, () => {
          fs.writeSync(this.#fd(file), wasm.heap8u(), from, count, Number(at));
          return undefined;
        }),
      xTruncate: (file, size) =>
        this.#run(capi.SQLITE_IOERR_TRUNCATE, () => {
          fs.ftruncateSync(this.#fd(file), Number(size));
          return undefined;
        }),
      xSync: (file) =>
        this.#run(capi.SQLITE_IOERR_FSYNC, () => {
          fs.fdatasyncSync(this.#fd(file));
          return undefined;
        }),
      xFileSize: (file, result) =>
        this.#run(capi.SQLITE_IOERR_FSTAT, () => {
          wasm.poke64(result, BigInt(fs.fstatSync(this.#fd(file)).size));
          return undefined;
        }),
      xLock: (file, level) => {
        const isMine = this.#open.get(file)?.lock.lock(level) ?? false;
        return isMine ? capi.SQLITE_OK : capi.SQLITE_BUSY;
      },
      xUnlock: (file, level) => {
        this.#open.get(file)?.lock.unlock(level);
        return capi.SQLITE_OK;
      },
      xCheckReservedLock: (file, result) => {
        wasm.poke32(result, this.#open.get(file)?.lock.isReserved() === true ? 1 : 0);
        return capi.SQLITE_OK;
      },
      xFileControl: () => capi.SQLITE_NOTFOUND,
      xSectorSize: () => SECTOR_BYTES,
      xDeviceCharacteristics: () =>
        capi.SQLITE_IOCAP_ATOMIC |
        capi.SQLITE_IOCAP_SAFE_APPEND |
        capi.SQLITE_IOCAP_SEQUENTIAL |
        capi.SQLITE_IOCAP_POWERSAFE_OVERWRITE,
    };
  }

  vfsMethods(fileMethods: number): SqliteVfsMethods {
    const { capi, wasm } = this.#sqlite3;
    return {
      xOpen: (_, name, file, flags, outFlags) =>
        this.#run(capi.SQLITE_CANTOPEN, () => {
          this.#open.set(file, this.#openFile(wasm.cstrToJs(name), flags));
          const record = new capi.sqlite3_file(file);
          record.$pMethods = fileMethods;
          record.dispose();
          if (outFlags !== 0) wasm.poke32(outFlags, flags);
          return undefined;
        }),
      xDelete: (_, name, isDurable) => {
        try {
          this.#fs.unlinkSync(wasm.cstrToJs(name) ?? "");
          if (isDurable !== 0) this.#sync();
          return capi.SQLITE_OK;
        } catch (error) {
          const isMissing = isRepoError(error, "ENOENT");
          return isMissing ? capi.SQLITE_IOERR_DELETE_NOENT : capi.SQLITE_IOERR_DELETE;
        }
      },
      xAccess: (_, name, __, result) => {
        wasm.poke32(result, this.#fs.existsSync(wasm.cstrToJs(name) ?? "") ? 1 : 0);
        return capi.SQLITE_OK;
      },
      xFullPathname: (_, name, bytes, to) => {
        const path = wasm.cstrToJs(name) ?? "";
        const full = new TextEncoder().encode(path.startsWith("/") ? path : `/${path}`);
        if (full.length >= bytes) return capi.SQLITE_CANTOPEN;
        wasm.heap8u().set(full, to);
        wasm.heap8u()[to + full.length] = 0;
        return capi.SQLITE_OK;
      },
      xGetLastError: () => capi.SQLITE_OK,
    };
  }

  /** Without a name a file is for this connection only; nobody else sees it, and it goes with its handle. */
  #openFile(name: string | null, flags: number): OpenFile {
    const { capi } = this.#sqlite3;
    const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = this.#fs.constants;
    const path = name ?? TEMPORARY_PREFIX + crypto.randomUUID();
    const has = (flag: number): boolean => (flags & flag) !== 0;
    const fd = this.#fs.openSync(
      path,
      (has(capi.SQLITE_OPEN_READONLY) ? O_RDONLY : O_RDWR) |
        (has(capi.SQLITE_OPEN_CREATE) || name === null ? O_CREAT : 0) |
        (has(capi.SQLITE_OPEN_EXCLUSIVE) ? O_EXCL : 0),
    );
    if (name === null || has(capi.SQLITE_OPEN_DELETEONCLOSE)) this.#fs.unlinkSync(path);
    return { fd, lock: this.#locks.holder(path) };
  }

  #fd(file: number): number {
    return this.#open.get(file)?.fd ?? -1;
  }

  /** Everything so far, by any file that is open: the database is, when its journal is deleted. */
  #sync(): void {
    const [first] = this.#open.values();
    if (first !== undefined) this.#fs.fdatasyncSync(first.fd);
  }

  /** What `work` returns, SQLITE_OK for nothing, or what its failure is called. */
  #run(failure: number, work: () => number | undefined): number {
    const { capi } = this.#sqlite3;
    try {
      return work() ?? capi.SQLITE_OK;
    } catch (error) {
      return isRepoError(error, "ENOSPC") ? capi.SQLITE_FULL : failure;
    }
  }
}
