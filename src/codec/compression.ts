/**
 * loadCompressor: the one way to a Compressor. Each algorithm is a module of its own behind a dynamic import, so
 * that a repo without compression loads none of their code.
 */
import type { Compressor } from "./compressor.js";

export type CompressorName = "lz4" | "zstd";

const loading = new Map<CompressorName, Promise<Compressor>>();

/**
 * Resolves once the algorithm can be used synchronously. A compressor keeps nothing between two calls, so
 * everybody gets the same one; after a failure the next call tries again.
 */
export function loadCompressor(name: CompressorName): Promise<Compressor> {
  let compressor = loading.get(name);
  if (compressor === undefined) {
    compressor = load(name).catch((error: unknown) => {
      loading.delete(name);
      throw error;
    });
    loading.set(name, compressor);
  }
  return compressor;
}

async function load(name: CompressorName): Promise<Compressor> {
  switch (name) {
    case "lz4": {
      const { Lz4 } = await import("./lz4.js");
      return Lz4.load();
    }
    case "zstd": {
      const { Zstd } = await import("./zstd.js");
      return Zstd.load();
    }
  }
}
