/** Bundles the built package as an application would and holds what its users download against a limit. */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "vite";

/** Brotli bytes; a change that needs more says so in CHANGELOG.md. */
const LIMITS = { page: 12_000, worker: 320_000, lz4: 2_000, zstd: 200_000 };

const result = await build({
  configFile: false,
  logLevel: "error",
  worker: { format: "es" },
  build: {
    write: false,
    rolldownOptions: {
      input: fileURLToPath(new URL("../dist/index.js", import.meta.url)),
      preserveEntrySignatures: "strict",
    },
  },
});
if (!("output" in result)) throw new Error("one bundle was expected");

/** The worker, and what it loads for repos with compression alone, are files of their own. */
const PARTS = /** @type {const} */ (["page", "worker", "lz4", "zstd"]);
const sizes = { page: 0, worker: 0, lz4: 0, zstd: 0 };
for (const file of result.output) {
  const part = PARTS.find((name) => new RegExp(`(^|/)${name}-[^/]*\\.js$`).test(file.fileName));
  const content = file.type === "chunk" ? file.code : file.source;
  sizes[part ?? "page"] += brotliCompressSync(content).length;
}
if (PARTS.some((part) => sizes[part] === 0)) throw new Error("a part of the bundle is missing");

for (const part of PARTS) {
  console.log(`${part}: ${sizes[part]} of at most ${LIMITS[part]} bytes (minified, brotli)`);
  if (sizes[part] > LIMITS[part]) process.exitCode = 1;
}
