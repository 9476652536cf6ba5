/**
 * What the codecs make of one content, wherever this runs: the same in Node and in a browser's worker.
 */
import { chunking, chunks } from "../../src/codec/fastcdc.js";
import { loadCompressor, type CompressorName } from "../../src/codec/compression.js";
import { Prng } from "../simulated-disk/prng.js";

export interface CodecReport {
  readonly codec: number;
  readonly compressedBytes: number;
  readonly isSame: boolean;
  readonly noise: string;
  /** The name of the error that a truncated chunk is answered with. */
  readonly truncated: string;
  /** The name of the error that making code out of text is answered with. */
  readonly evaluation: string;
  /** Hexadecimal, to compare with what Node makes. */
  readonly digest: string;
  readonly cuts: readonly number[];
}

export async function codecReport(name: CompressorName): Promise<CodecReport> {
  const compressor = await loadCompressor(name);
  const random = new Prng(73);
  const words = Array.from({ length: 400 }, () => random.bytes(2 + random.below(9)));
  const raw = new Uint8Array(
    await new Blob(
      Array.from({ length: 20_000 }, () => new Uint8Array(random.pick(words))),
    ).arrayBuffer(),
  );
  const compressed = compressor.compress(raw) ?? new Uint8Array();
  const back = compressor.decompress(compressed, raw.length);
  const gear = Uint32Array.from({ length: 256 }, () => random.u32());
  return {
    codec: compressor.codec,
    compressedBytes: compressed.length,
    isSame: back.length === raw.length && back.every((byte, i) => byte === raw[i]),
    noise: String(compressor.compress(random.bytes(100_000))),
    truncated: nameOfError(() => compressor.decompress(compressed.subarray(0, -1), raw.length)),
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- to see that the policy forbids it
    evaluation: nameOfError(() => new Function("return 1")),
    digest: await digest(compressed),
    cuts: Array.from(chunks(raw, chunking(gear)), (chunk) => chunk.length),
  };
}

function nameOfError(call: () => unknown): string {
  try {
    call();
    return "none";
  } catch (error) {
    return error instanceof Error ? error.name : typeof error;
  }
}

async function digest(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
