/**
 * WholeFile: an open file over calls that read and write files whole, for those who have nothing else. Pieces that
 * are written one after the other are gathered until the sync; while reading goes forward, the content is kept.
 * So a large file costs one write and one read, and a place in it, whichever, all of it.
 */
import type { OpenFile } from "./subject.js";

export interface WholeFiles {
  writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  readFile(path: string): Promise<Uint8Array>;
}

export class WholeFile implements OpenFile {
  readonly #files: WholeFiles;
  readonly #path: string;
  #pieces: Uint8Array[] = [];
  /** The end of the pieces. */
  #gathered = 0;
  #content: Uint8Array | undefined;
  /** Where reading goes on. */
  #next: number | undefined;

  constructor(files: WholeFiles, path: string) {
    this.#files = files;
    this.#path = path;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void> {
    this.#content = undefined;
    if (at === this.#gathered) {
      this.#pieces.push(bytes);
      this.#gathered += bytes.length;
      return;
    }
    await this.sync();
    const whole = new Uint8Array(await this.#files.readFile(this.#path));
    whole.set(bytes, at);
    await this.#files.writeFile(this.#path, whole);
  }

  async read(length: number, at: number): Promise<Uint8Array> {
    await this.sync();
    const goesOn = at === this.#next;
    this.#next = at + length;
    if (this.#content === undefined || !goesOn)
      this.#content = await this.#files.readFile(this.#path);
    return this.#content.slice(at, at + length);
  }

  async sync(): Promise<void> {
    if (this.#pieces.length === 0) return;
    const whole = new Uint8Array(this.#gathered);
    let at = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    await this.#files.writeFile(this.#path, whole);
  }

  async close(): Promise<void> {
    await this.sync();
    this.#content = undefined;
  }
}
