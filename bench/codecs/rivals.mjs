/**
 * The libraries that were not chosen, from a folder where somebody has installed them:
 * `npm install --prefix FOLDER lz4-wasm-nodejs numcodecs @bokuweb/zstd-wasm @foxglove/wasm-zstd @cloudpss/zstd`.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * @typedef {import("./measure.js").Codec} Codec
 * @typedef {{ compress(bytes: Uint8Array, level?: number): Uint8Array, decompress(bytes: Uint8Array, rawBytes?: number): Uint8Array }} Plain
 * @typedef {new (level: number) => { encode(bytes: Uint8Array): Promise<Uint8Array>, decode(bytes: Uint8Array): Promise<Uint8Array> }} Numcodec
 */

/**
 * @param {string} folder
 * @returns {Promise<Record<string, Codec>>}
 */
export async function loadRivals(folder) {
  /** @type {(name: string) => unknown} */
  const common = createRequire(join(folder, "node_modules/from"));
  /** @param {string} path @returns {Promise<unknown>} */
  const load = (path) => import(pathToFileURL(join(folder, "node_modules", path)).href);
  const lz4Wasm = /** @type {Plain} */ (common("lz4-wasm-nodejs"));
  const bokuweb = /** @type {Plain & { init(): Promise<void> }} */ (common("@bokuweb/zstd-wasm"));
  await bokuweb.init();
  const foxglove = /** @type {Plain & { isLoaded: Promise<void> }} */ (
    common("@foxglove/wasm-zstd")
  );
  await foxglove.isLoaded;
  const cloudpss = /** @type {Plain} */ (await load("@cloudpss/zstd/dist/wasm.js"));
  const hpcc = /** @type {{ Zstd: { load(): Promise<Plain> } }} */ (
    await load("@hpcc-js/wasm-zstd/dist/index.js")
  );
  const { default: numcodecsLz4 } = /** @type {{ default: Numcodec }} */ (
    await load("numcodecs/dist/lz4.js")
  );
  const { default: numcodecsZstd } = /** @type {{ default: Numcodec }} */ (
    await load("numcodecs/dist/zstd.js")
  );
  return {
    "lz4-wasm": lz4Wasm,
    "numcodecs lz4": numcodec(new numcodecsLz4(1)),
    "@hpcc-js/wasm-zstd by its own calls": levelOne(await hpcc.Zstd.load()),
    "@bokuweb/zstd-wasm": levelOne(bokuweb),
    "@foxglove/wasm-zstd": levelOne(foxglove),
    "@cloudpss/zstd": levelOne(cloudpss),
    "numcodecs zstd": numcodec(new numcodecsZstd(1)),
  };
}

/** @param {Plain} library @returns {Codec} */
function levelOne(library) {
  return {
    compress: (bytes) => library.compress(bytes, 1),
    decompress: (bytes, rawBytes) => library.decompress(bytes, rawBytes),
  };
}

/** @param {InstanceType<Numcodec>} library @returns {Codec} */
function numcodec(library) {
  return {
    compress: (bytes) => library.encode(bytes),
    decompress: (bytes) => library.decode(bytes),
  };
}
