/**
 * One measurement of one codec on a corpus; the same in Node and in a worker. A piece that does not pay is stored as it
 * is and counts so.
 */
import { loadCompressor } from "../../src/codec/compression.js";
import { chunking, cutPoint } from "../../src/codec/fastcdc.js";

export interface Codec {
  compress(bytes: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  decompress(bytes: Uint8Array, rawBytes: number): Uint8Array | Promise<Uint8Array>;
}

export interface CodecSample {
  readonly subject: string;
  readonly pieceKiB: number;
  /** Stored bytes by raw bytes. */
  readonly share: number;
  readonly compressMBs: number;
  readonly decompressMBs: number;
}

export const OURS = { lz4: () => loadCompressor("lz4"), zstd: () => loadCompressor("zstd") };

/** Files behind a count and their lengths, as the driver sends them. */
export function unpackCorpus(packed: ArrayBuffer): Uint8Array[] {
  const [count = 0] = new Uint32Array(packed, 0, 1);
  let at = 4 * (count + 1);
  return Array.from(new Uint32Array(packed, 4, count), (length) => {
    const file = new Uint8Array(packed, at, length);
    at += length;
    return file;
  });
}

export async function measureCodec(
  subject: string,
  codec: Codec,
  corpus: readonly Uint8Array[],
  pieceKiB: number,
): Promise<CodecSample> {
  const pieces = corpus.flatMap((file) => cut(file, pieceKiB * 1024));
  const rawBytes = sum(pieces);
  const stored: Uint8Array[] = [];
  const compressMs = await timed(async () => {
    for (const piece of pieces) {
      const compressed = codec.compress(piece);
      stored.push((compressed instanceof Promise ? await compressed : compressed) ?? piece);
    }
  });
  let back = 0;
  const decompressMs = await timed(async () => {
    for (const [i, bytes] of stored.entries()) {
      const size = pieces[i]?.length ?? 0;
      if (bytes === pieces[i]) continue;
      const raw = codec.decompress(bytes, size);
      back += (raw instanceof Promise ? await raw : raw).length;
    }
  });
  return {
    subject,
    pieceKiB,
    share: sum(stored) / rawBytes,
    compressMBs: rawBytes / 1000 / compressMs,
    decompressMBs: back / 1000 / decompressMs,
  };
}

/** MB/s of finding all cuts in `content`. */
export async function measureCuts(content: Uint8Array): Promise<number> {
  const how = chunking(crypto.getRandomValues(new Uint32Array(256)));
  const ms = await timed(async () => {
    for (let at = 0; at < content.length;) at = cutPoint(content, at, content.length, how);
  });
  return content.length / 1000 / ms;
}

export function randomContent(bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  // A call gives at most 64 KiB.
  for (let at = 0; at < bytes; at += 65_536)
    crypto.getRandomValues(content.subarray(at, at + 65_536));
  return content;
}

function cut(file: Uint8Array, pieceBytes: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(file.length / pieceBytes) }, (_, i) =>
    file.subarray(i * pieceBytes, (i + 1) * pieceBytes),
  );
}

function sum(arrays: readonly Uint8Array[]): number {
  return arrays.reduce((total, { length }) => total + length, 0);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
