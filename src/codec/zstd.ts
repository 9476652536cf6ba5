/**
 * Zstd: chunks as Zstandard frames, by libzstd compiled to WASM (@hpcc-js/wasm-zstd). Its own `compress` and
 * `decompress` copy byte by byte through a JavaScript array and allocate what a frame claims, so this goes to the
 * functions of the C library that it carries, with two regions that are allocated once. The frame is
 * checked first (zstd-frame.ts); the library then writes at most the raw length.
 */
import { Zstd as Library } from "@hpcc-js/wasm-zstd";
import { assert } from "../assert.js";
import { RepoError } from "../errors.js";
import { MalformedBytes } from "./bytes.js";
import {
  MAX_RAW_BYTES,
  assertRaw,
  checkLengths,
  payingBytes,
  type Compressor,
} from "./compressor.js";
import { checkFrame } from "./zstd-frame.js";

/** Levels 2 and 3 save 1 and 5 % more and take longer; see docs/ARCHITECTURE.md. */
const LEVEL = 1;
/** ZSTD_error_memory_allocation, as the library returns it. */
const OUT_OF_MEMORY = -64;

interface LibzstdHeap {
  /** Replaced when the heap grows, so it is never kept. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
}

/** ZSTD_compress and its like; they return a size or, negative as a signed number, an error. */
interface LibzstdCalls {
  compressBound(bytes: number): number;
  compress(to: number, room: number, from: number, bytes: number, level: number): number;
  decompress(to: number, room: number, from: number, bytes: number): number;
}

function isHeap(value: unknown): value is LibzstdHeap {
  return typeof value === "object" && value !== null && "HEAPU8" in value && "_malloc" in value;
}

function isCalls(value: unknown): value is LibzstdCalls {
  return (
    typeof value === "function" &&
    "compressBound" in value &&
    "compress" in value &&
    "decompress" in value
  );
}

export class Zstd implements Compressor {
  readonly codec = 2;
  readonly #heap: LibzstdHeap;
  readonly #calls: LibzstdCalls;
  readonly #rawAt: number;
  readonly #compressedAt: number;
  readonly #compressedRoom: number;

  private constructor(heap: LibzstdHeap, calls: LibzstdCalls) {
    this.#heap = heap;
    this.#calls = calls;
    // With less room than this the library takes a slower way.
    this.#compressedRoom = calls.compressBound(MAX_RAW_BYTES);
    this.#rawAt = heap._malloc(MAX_RAW_BYTES);
    this.#compressedAt = heap._malloc(this.#compressedRoom);
    if (this.#rawAt === 0 || this.#compressedAt === 0) throw outOfMemory();
  }

  static async load(): Promise<Zstd> {
    const library = await Library.load();
    const calls: unknown = Reflect.get(library, "_zstdClass");
    const main: unknown = Reflect.get(library, "_mainModule");
    const heap: unknown =
      typeof main === "object" && main !== null ? Reflect.get(main, "_module") : undefined;
    assert(
      isHeap(heap) && isCalls(calls),
      "@hpcc-js/wasm-zstd carries libzstd's functions and heap",
    );
    return new Zstd(heap, calls);
  }

  compress(bytes: Uint8Array): Uint8Array | undefined {
    assertRaw(bytes.length);
    this.#heap.HEAPU8.set(bytes, this.#rawAt);
    const size =
      this.#calls.compress(
        this.#compressedAt,
        this.#compressedRoom,
        this.#rawAt,
        bytes.length,
        LEVEL,
      ) | 0;
    if (size === OUT_OF_MEMORY) throw outOfMemory();
    assert(size > 0, "zstd compresses whatever there is room for");
    return size > payingBytes(bytes.length) ? undefined : this.#slice(this.#compressedAt, size);
  }

  decompress(bytes: Uint8Array, rawBytes: number): Uint8Array {
    checkLengths(bytes, rawBytes);
    checkFrame(bytes, rawBytes);
    this.#heap.HEAPU8.set(bytes, this.#compressedAt);
    const size =
      this.#calls.decompress(this.#rawAt, rawBytes, this.#compressedAt, bytes.length) | 0;
    if (size === OUT_OF_MEMORY) throw outOfMemory();
    if (size !== rawBytes) throw new MalformedBytes("bad zstd frame");
    return this.#slice(this.#rawAt, rawBytes);
  }

  #slice(at: number, size: number): Uint8Array {
    return this.#heap.HEAPU8.slice(at, at + size);
  }
}

function outOfMemory(): RepoError {
  return new RepoError("BACKEND_UNAVAILABLE", { message: "out of memory" });
}
