/**
 * OpenUnit: the plaintext of a sealed unit, and the frames of it that were decompressed so far
 * (docs/FORMAT.md §5.4). The one place where stored content becomes the content of chunks.
 */
import { MalformedBytes } from "../codec/bytes.js";
import type { Compressor } from "../codec/compressor.js";
import { RepoError } from "../errors.js";
import { CHUNK_CODEC, type Chunk, type Frame } from "./chunk.js";

export class OpenUnit {
  readonly plaintext: Uint8Array;
  readonly #compressor: Compressor | undefined;
  /** Content of compressed frames, by their offset. */
  readonly #frames = new Map<number, { readonly frame: Frame; readonly content: Uint8Array }>();
  /** Memory that this takes. */
  bytes: number;

  constructor(plaintext: Uint8Array, compressor: Compressor | undefined) {
    this.plaintext = plaintext;
    this.bytes = plaintext.length;
    this.#compressor = compressor;
  }

  /** The content of a chunk that is in this unit; throws INTEGRITY if it cannot be. */
  content({ frame, base, used }: Chunk): Uint8Array {
    const whole = frame === undefined ? this.plaintext : this.#frame(frame);
    if (base + used > whole.length) throw new RepoError("INTEGRITY");
    return whole.subarray(base, base + used);
  }

  #frame(frame: Frame): Uint8Array {
    const { codec, offset, storedBytes, rawBytes } = frame;
    if (offset + storedBytes > this.plaintext.length) throw new RepoError("INTEGRITY");
    const stored = this.plaintext.subarray(offset, offset + storedBytes);
    if (codec === CHUNK_CODEC.frame) return stored;
    const known = this.#frames.get(offset);
    if (known !== undefined && isSame(known.frame, frame)) return known.content;
    const content = this.#decompress(codec, stored, rawBytes);
    // One for each offset: what two extents say differently of one frame is not kept twice.
    if (known === undefined) {
      this.#frames.set(offset, { frame, content });
      this.bytes += content.length;
    }
    return content;
  }

  #decompress(codec: 1 | 2, stored: Uint8Array, rawBytes: number): Uint8Array {
    if (this.#compressor?.codec !== codec) throw new RepoError("INTEGRITY");
    try {
      return this.#compressor.decompress(stored, rawBytes);
    } catch (error) {
      if (error instanceof MalformedBytes) throw new RepoError("INTEGRITY");
      throw error;
    }
  }
}

function isSame(a: Frame, b: Frame): boolean {
  return a.codec === b.codec && a.storedBytes === b.storedBytes && a.rawBytes === b.rawBytes;
}
