/**
 * TarTypes: a look at each header of a tar archive as it passes, for what the library does not tell: entries of kinds that it would take
 * for plain files (sparse ones, parts of multi-volume archives), whose content would come out wrong. It follows sizes and nothing else.
 */
import type { RepoError } from "../errors.js";
import { unsupported } from "./archive-errors.js";

const BLOCK = 512;
const ZERO = "\0";
/** Files, links, directories, devices, pipes, and the headers of names and attributes. */
const KNOWN = "01234567xgLK" + ZERO;
const BODILESS = "123456";
const MAX_RECORDS_BYTES = 8 * 2 ** 20;

export class TarTypes {
  /** The first entry of a kind that is not known: which one it is, from 0, and what is to be said of it. */
  unknown: { readonly index: number; readonly error: RepoError } | undefined;
  #entries = 0;
  readonly #block = new Uint8Array(BLOCK);
  #filled = 0;
  /** Of the entry that is passing. */
  #left = 0;
  #records: string | undefined;
  #recordBytes = 0;
  /** From the attributes of the next entry. */
  #nextSize: number | undefined;

  pass(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      if (this.#left > 0) at += this.#passBody(chunk.subarray(at));
      else at += this.#passHeader(chunk.subarray(at));
    }
  }

  #passBody(chunk: Uint8Array): number {
    const length = Math.min(chunk.length, this.#left);
    if (this.#records !== undefined && this.#recordBytes > 0) {
      const part = chunk.subarray(0, Math.min(length, this.#recordBytes));
      this.#recordBytes -= part.length;
      // Only digits are looked for: bytes do for characters.
      for (const byte of part) this.#records += String.fromCharCode(byte);
    }
    this.#left -= length;
    if (this.#left === 0) this.#readRecords();
    return length;
  }

  #readRecords(): void {
    const sizes = this.#records?.match(/(?<=^|\n)\d+ size=(\d+)(?=\n)/g);
    if (sizes) this.#nextSize = Number(sizes.at(-1)?.split("=")[1]);
    this.#records = undefined;
  }

  #passHeader(chunk: Uint8Array): number {
    const length = Math.min(chunk.length, BLOCK - this.#filled);
    this.#block.set(chunk.subarray(0, length), this.#filled);
    this.#filled += length;
    if (this.#filled === BLOCK) {
      this.#filled = 0;
      this.#readHeader(this.#block);
    }
    return length;
  }

  #readHeader(block: Uint8Array): void {
    if (block.every((byte) => byte === 0)) return;
    const type = String.fromCharCode(block[156] ?? 0);
    if (!KNOWN.includes(type)) {
      const [name = ""] = new TextDecoder().decode(block.subarray(0, 100)).split(ZERO);
      const error = unsupported(`an entry of the kind ${JSON.stringify(type)}`, name);
      this.unknown ??= { index: this.#entries, error };
    }
    const size = sizeIn(block);
    if (type === "x") {
      this.#records = "";
      this.#recordBytes = Math.min(size, MAX_RECORDS_BYTES);
    }
    const isEntry = !"xgLK".includes(type);
    if (isEntry) this.#entries++;
    const body = isEntry ? (this.#nextSize ?? size) : size;
    if (isEntry) this.#nextSize = undefined;
    this.#left = BODILESS.includes(type) ? 0 : Math.ceil(body / BLOCK) * BLOCK;
  }
}

/** Octal digits, or a number of base 256. What is none, the library refuses. */
function sizeIn(block: Uint8Array): number {
  const field = block.subarray(124, 136);
  if (((field[0] ?? 0) & 0x80) !== 0)
    return field.reduce((sum, byte, i) => (i === 0 ? byte & 0x7f : sum * 256 + byte), 0);
  return Number.parseInt(String.fromCharCode(...field).trim(), 8) || 0;
}
