/**
 * Lz4: chunks as LZ4 blocks, by our own WASM (wasm/lz4.ts; why our own: docs/ARCHITECTURE.md "Compression
 * libraries"). Its memory has a fixed size and is laid out here; it allocates nothing, and
 * each call says where everything is.
 */
import { assert } from "../assert.js";
import { MalformedBytes } from "./bytes.js";
import {
  MAX_RAW_BYTES,
  assertRaw,
  checkLengths,
  payingBytes,
  type Compressor,
} from "./compressor.js";
import { LZ4_WASM } from "./lz4-wasm.js";

const PAGE_BYTES = 64 * 1024;
/** In the first page: the hash table. */
const TABLE_AT = 0;
/** The code may read and write up to 16 bytes past the end of a region. */
const SLACK_BYTES = PAGE_BYTES;
const INPUT_AT = PAGE_BYTES;
const OUTPUT_AT = INPUT_AT + MAX_RAW_BYTES + SLACK_BYTES;
const MEMORY_PAGES = (OUTPUT_AT + MAX_RAW_BYTES + SLACK_BYTES) / PAGE_BYTES;

/** The part of WebAssembly that is used here: TypeScript has its types only among those of a browser. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ readonly instance: { readonly exports: object } }>;
};

interface Lz4Exports {
  compress(table: number, from: number, bytes: number, to: number, room: number): number;
  decompress(from: number, bytes: number, to: number, rawBytes: number): number;
}

function isLz4(exports: object): exports is Lz4Exports {
  return "compress" in exports && "decompress" in exports;
}

export class Lz4 implements Compressor {
  readonly codec = 1;
  readonly #lz4: Lz4Exports;
  readonly #heap: Uint8Array;

  private constructor(lz4: Lz4Exports, heap: Uint8Array) {
    this.#lz4 = lz4;
    this.#heap = heap;
  }

  static async load(): Promise<Lz4> {
    const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES });
    const imports = { env: { memory } };
    const { instance } = await WebAssembly.instantiate(fromHex(LZ4_WASM), imports);
    assert(isLz4(instance.exports), "the LZ4 module exports its two functions");
    return new Lz4(instance.exports, new Uint8Array(memory.buffer));
  }

  compress(bytes: Uint8Array): Uint8Array | undefined {
    assertRaw(bytes.length);
    this.#heap.set(bytes, INPUT_AT);
    const room = payingBytes(bytes.length);
    const size = this.#lz4.compress(TABLE_AT, INPUT_AT, bytes.length, OUTPUT_AT, room);
    return size === 0 ? undefined : this.#output(size);
  }

  decompress(bytes: Uint8Array, rawBytes: number): Uint8Array {
    checkLengths(bytes, rawBytes);
    this.#heap.set(bytes, INPUT_AT);
    if (this.#lz4.decompress(INPUT_AT, bytes.length, OUTPUT_AT, rawBytes) === 0)
      throw new MalformedBytes("bad LZ4 block");
    return this.#output(rawBytes);
  }

  #output(size: number): Uint8Array {
    return this.#heap.slice(OUTPUT_AT, OUTPUT_AT + size);
  }
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(i * 2, i * 2 + 2), 16),
  );
}
