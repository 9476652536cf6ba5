/** What is needed of the module that `@sqlite.org/sqlite-wasm` makes. Addresses are numbers; offsets may be bigints. */

/** A C struct that is reached by its fields' names. */
interface SqliteStruct {
  readonly pointer: number;
  dispose(): void;
}

interface SqliteIoMethodsStruct extends SqliteStruct {
  $iVersion: number;
}

interface SqliteVfsStruct extends SqliteStruct {
  $iVersion: number;
  $szOsFile: number;
  $mxPathname: number;
  $xRandomness: number;
  $xSleep: number;
  $xCurrentTime: number;
  $xCurrentTimeInt64: number;
}

interface SqliteFileStruct extends SqliteStruct {
  $pMethods: number;
  readonly structInfo: { readonly sizeof: number };
}

/** `sqlite3_io_methods`; the first argument is the address of the `sqlite3_file`. */
export interface SqliteFileMethods {
  xClose(file: number): number;
  xRead(file: number, to: number, count: number, at: number | bigint): number;
  xWrite(file: number, from: number, count: number, at: number | bigint): number;
  xTruncate(file: number, size: number | bigint): number;
  xSync(file: number, flags: number): number;
  xFileSize(file: number, result: number): number;
  xLock(file: number, level: number): number;
  xUnlock(file: number, level: number): number;
  xCheckReservedLock(file: number, result: number): number;
  xFileControl(file: number, operation: number, argument: number): number;
  xSectorSize(file: number): number;
  xDeviceCharacteristics(file: number): number;
}

/** `sqlite3_vfs`; names are addresses of C strings. */
export interface SqliteVfsMethods {
  xOpen(vfs: number, name: number, file: number, flags: number, outFlags: number): number;
  xDelete(vfs: number, name: number, isDurable: number): number;
  xAccess(vfs: number, name: number, flags: number, result: number): number;
  xFullPathname(vfs: number, name: number, bytes: number, to: number): number;
  xGetLastError(vfs: number, bytes: number, to: number): number;
}

type SqliteCode =
  | "SQLITE_OK"
  | "SQLITE_BUSY"
  | "SQLITE_CANTOPEN"
  | "SQLITE_FULL"
  | "SQLITE_NOTFOUND"
  | "SQLITE_IOERR_CLOSE"
  | "SQLITE_IOERR_DELETE"
  | "SQLITE_IOERR_DELETE_NOENT"
  | "SQLITE_IOERR_FSTAT"
  | "SQLITE_IOERR_FSYNC"
  | "SQLITE_IOERR_READ"
  | "SQLITE_IOERR_SHORT_READ"
  | "SQLITE_IOERR_TRUNCATE"
  | "SQLITE_IOERR_WRITE"
  | "SQLITE_IOCAP_ATOMIC"
  | "SQLITE_IOCAP_POWERSAFE_OVERWRITE"
  | "SQLITE_IOCAP_SAFE_APPEND"
  | "SQLITE_IOCAP_SEQUENTIAL"
  | "SQLITE_OPEN_CREATE"
  | "SQLITE_OPEN_DELETEONCLOSE"
  | "SQLITE_OPEN_EXCLUSIVE"
  | "SQLITE_OPEN_READONLY";

/** What `sqlite3InitModule()` resolves to. */
export interface SqliteModule {
  readonly capi: Readonly<Record<SqliteCode, number>> & {
    readonly sqlite3_io_methods: new () => SqliteIoMethodsStruct;
    readonly sqlite3_vfs: new (address?: number) => SqliteVfsStruct;
    readonly sqlite3_file: new (address?: number) => SqliteFileStruct;
    sqlite3_vfs_find(name: string | null): number;
  };
  readonly wasm: {
    heap8u(): Uint8Array;
    cstrToJs(address: number): string | null;
    poke32(address: number, value: number): unknown;
    poke64(address: number, value: bigint): unknown;
  };
  readonly vfs: {
    installVfs(parts: {
      readonly io: { readonly struct: SqliteIoMethodsStruct; readonly methods: SqliteFileMethods };
      readonly vfs: {
        readonly struct: SqliteVfsStruct;
        readonly methods: SqliteVfsMethods;
        readonly name: string;
      };
    }): unknown;
  };
}
