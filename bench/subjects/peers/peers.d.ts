/**
 * What the bench uses of its peers. They are installed by `npm run bench` only, and type-checked without being there.
 */

declare module "@evolu/sqlite-wasm" {
  const init: () => Promise<unknown>;
  export default init;
}

declare module "happy-opfs" {
  interface Outcome<T> {
    unwrap(): T;
  }
  export function writeFile(path: string, bytes: Uint8Array): Promise<Outcome<void>>;
  export function readFile(path: string): Promise<Outcome<Uint8Array>>;
  export function readBlobFile(path: string): Promise<Outcome<File>>;
  export function readDir(
    path: string,
  ): Promise<Outcome<AsyncIterableIterator<{ readonly path: string }>>>;
  export function mkdir(path: string): Promise<Outcome<void>>;
  export function remove(path: string): Promise<Outcome<void>>;
  export function openWritableFileStream(
    path: string,
    options?: { create?: boolean; append?: boolean },
  ): Promise<Outcome<FileSystemWritableFileStream>>;
}

declare module "opfs-tools" {
  interface Writer {
    write(bytes: BufferSource, options?: { at?: number }): Promise<number>;
    flush(): Promise<void>;
    close(): Promise<void>;
  }
  interface Reader {
    read(size: number, options?: { at?: number }): Promise<ArrayBuffer>;
    close(): Promise<void>;
  }
  interface ToolsFile {
    readonly name: string;
    createWriter(): Promise<Writer>;
    createReader(): Promise<Reader>;
    arrayBuffer(): Promise<ArrayBuffer>;
    getSize(): Promise<number>;
    remove(): Promise<void>;
  }
  interface ToolsFolder {
    readonly name: string;
    create(): Promise<ToolsFolder>;
    exists(): Promise<boolean>;
    remove(options?: { force?: boolean }): Promise<void>;
    children(): Promise<(ToolsFolder | ToolsFile)[]>;
  }
  export function file(path: string, mode?: "r" | "rw" | "rw-unsafe"): ToolsFile;
  export function dir(path: string): ToolsFolder;
  export function write(path: string, bytes: BufferSource): Promise<void>;
}

declare module "opfs-worker" {
  export interface OpfsFacade {
    readFile(path: string, encoding: "binary"): Promise<Uint8Array>;
    writeFile(path: string, bytes: Uint8Array): Promise<void>;
    stat(path: string): Promise<{ readonly size: number }>;
    readDir(path: string): Promise<{ readonly name: string }[]>;
    mkdir(path: string): Promise<void>;
    unlink(path: string): Promise<void>;
    clear(path?: string): Promise<void>;
    importFiles(entries: Iterable<[string, Uint8Array]>): Promise<unknown>;
    open(path: string, options?: { create?: boolean }): Promise<number>;
    close(file: number): Promise<void>;
    read(
      file: number,
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ): Promise<{ readonly bytesRead: number; readonly buffer: Uint8Array }>;
    write(
      file: number,
      buffer: Uint8Array,
      offset: number,
      length: number,
      position: number,
    ): Promise<number>;
    fsync(file: number): Promise<void>;
    dispose(): void;
  }
  export function createOPFS(options?: {
    root?: string;
    hashAlgorithm?: false | "etag";
    broadcastChannel?: null;
  }): OpfsFacade;
}
