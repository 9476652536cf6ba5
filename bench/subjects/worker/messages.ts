/** Calls to subjects that live in a worker: bare messages, buffers transferred. */

export interface Calls {
  create(): void;
  reopen(): void;
  destroy(): void;
  open(path: string): number;
  read(file: number, length: number, at: number): Uint8Array<ArrayBuffer>;
  write(file: number, bytes: Uint8Array<ArrayBuffer>, at: number): void;
  syncFile(file: number): void;
  closeFile(file: number): void;
  writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): void;
  readFile(path: string): Uint8Array<ArrayBuffer>;
  stat(path: string): number;
  readdir(path: string): string[];
  mkdir(path: string): void;
  unlink(path: string): void;
  sync(): void;
  close(): void;
  importFiles(folders: readonly string[], files: readonly ImportedFile[]): void;
}

export interface ImportedFile {
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a worker serves; each call may take its time. */
export type Served = {
  [Name in keyof Calls]: (
    ...parameters: Parameters<Calls[Name]>
  ) => ReturnType<Calls[Name]> | Promise<ReturnType<Calls[Name]>>;
};

export interface CallMessage {
  readonly id: number;
  readonly name: keyof Calls;
  readonly parameters: readonly unknown[];
}

export type ReplyMessage =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };
