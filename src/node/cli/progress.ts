/** Progress of a copy on stderr: a line that renews itself at a terminal, else one at the end. */
import { printable, readableSize, type Terminal } from "./terminal.js";

const CLEAR_LINE = "\r\x1b[K";

export class Progress {
  readonly #stderr: Terminal["stderr"];
  readonly #quiet: boolean;
  #files = 0;
  #bytes = 0;
  #skipped = 0;

  constructor({ stderr }: Terminal, quiet: boolean) {
    this.#stderr = stderr;
    this.#quiet = quiet;
  }

  /** A file begins. */
  begin(path: string): void {
    if (this.#isLive) this.#stderr.write(`${CLEAR_LINE}${printable(path)}`);
  }

  /** The file that has begun is copied. */
  end(): void {
    this.#files += 1;
  }

  /** A line for what was left out. */
  skip(line: string): void {
    this.#skipped += 1;
    this.note(line);
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** A line that stays. */
  note(line: string): void {
    this.#stderr.write(`${this.#isLive ? CLEAR_LINE : ""}${line}\n`);
  }

  finish(): void {
    if (this.#quiet) return;
    const files = this.#files === 1 ? "1 file" : `${this.#files} files`;
    const skipped = this.#skipped === 0 ? "" : `; ${this.#skipped} left out`;
    this.note(`${files}, ${readableSize(this.#bytes)}${skipped}`);
  }

  get #isLive(): boolean {
    return !this.#quiet && this.#stderr.isTTY === true;
  }
}
