/**
 * A subject: something that keeps files, driven in its fastest documented way. Everybody gets the same
 * calls; what somebody can do better in bulk, or with more calls at a time, he says here.
 */
import type { SourceTree } from "../source-tree.js";

export interface OpenFile {
  /** The subject may take the buffer. */
  write(bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void>;
  read(length: number, at: number): Promise<Uint8Array>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface Files {
  /** Opens for reading and writing; makes the file if it is missing. */
  open(path: string): Promise<OpenFile>;
  /** Leaves the buffer to the caller. */
  writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  readFile(path: string): Promise<Uint8Array>;
  /** Its size. */
  stat(path: string): Promise<number>;
  readdir(path: string): Promise<readonly string[]>;
  /** The folder above is there. */
  mkdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  sync(): Promise<void>;
  /** Closes, keeping what is stored. */
  close(): Promise<void>;
  /** Brings in many files at once, for whoever has a way of his own; durable like `sync()`. */
  importTree?(tree: SourceTree): Promise<void>;
  /** For whoever knows: bytes on storage, and up to which size content is kept with its inode, shared with nobody. */
  usage?(): Promise<{ readonly storedBytes: number; readonly inlineBytes: number }>;
}

export interface Subject {
  /** Opens an empty store. */
  create(): Promise<Files>;
  /** Opens what the last `create` left behind. */
  reopen(): Promise<Files>;
  destroy(): Promise<void>;
  /** How many files at a time go in and out quickest; 8 where nothing is said. */
  readonly filesInFlight?: number;
}
