/** A subject: something that keeps files, driven in its fastest documented way. */

export interface OpenFile {
  /** The subject may take the buffer. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  read(length: number, at: number): Promise<Uint8Array>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Files {
  open(path: string): Promise<OpenFile>;
  writeFile(path: string, bytes: Uint8Array): Promise<void>;
  readFile(path: string): Promise<Uint8Array>;
  stat(path: string): Promise<{ readonly size: number }>;
  readdir(path: string): Promise<readonly string[]>;
  mkdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  sync(): Promise<void>;
  /** Closes, keeping what is stored. */
  close(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** Opens an empty store. */
  create(): Promise<Files>;
  /** Opens what the last `create` left behind. */
  reopen(): Promise<Files>;
  destroy(): Promise<void>;
}
