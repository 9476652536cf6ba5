/** Bundles the built package as an application would and holds what its users download against a limit. */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "vite";

/** Brotli bytes; a change that needs more says so in CHANGELOG.md. */
const LIMITS = { page: 12_000, zbox: 12_000, worker: 320_000 };

/**
 * What an application downloads that imports all of one entry.
 * @param {string} entry
 */
async function bundleSizes(entry) {
  const result = await build({
    configFile: false,
    logLevel: "error",
    worker: { format: "es" },
    build: {
      write: false,
      rolldownOptions: {
        input: fileURLToPath(new URL(`../dist/${entry}`, import.meta.url)),
        preserveEntrySignatures: "strict",
      },
    },
  });
  if (!("output" in result)) throw new Error("one bundle was expected");
  const sizes = { page: 0, worker: 0 };
  for (const file of result.output) {
    const isWorker = /(^|\/)worker-[^/]*\.js$/.test(file.fileName);
    const content = file.type === "chunk" ? file.code : file.source;
    sizes[isWorker ? "worker" : "page"] += brotliCompressSync(content).length;
  }
  if (sizes.page === 0 || sizes.worker === 0)
    throw new Error("the bundle has no page or no worker");
  return sizes;
}

const { page, worker } = await bundleSizes("index.js");
const sizes = { page, zbox: (await bundleSizes("zbox/index.js")).page, worker };

for (const part of /** @type {const} */ (["page", "zbox", "worker"])) {
  console.log(`${part}: ${sizes[part]} of at most ${LIMITS[part]} bytes (minified, brotli)`);
  if (sizes[part] > LIMITS[part]) process.exitCode = 1;
}
