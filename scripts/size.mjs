/** Bundles the built package as an application would and holds what its users download against a limit. */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { build } from "vite";
import { SIZE_LIMITS as LIMITS } from "./size-limits.mjs";

/** The worker, and what it loads for repos with compression alone, are files of their own. */
const APART = /** @type {const} */ (["worker", "lz4", "zstd"]);

/**
 * What an application downloads that imports all of one entry, and whether a worker is part of that.
 * @param {string} entry
 * @param {boolean} hasWorker
 */
async function bundleSizes(entry, hasWorker = true) {
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
  const sizes = { page: 0, worker: 0, lz4: 0, zstd: 0 };
  for (const file of result.output) {
    const part = APART.find((name) => new RegExp(`(^|/)${name}-[^/]*\\.js$`).test(file.fileName));
    const content = file.type === "chunk" ? file.code : file.source;
    sizes[part ?? "page"] += brotliCompressSync(content).length;
  }
  if (Object.values(sizes).includes(0) === hasWorker)
    throw new Error("a part of the bundle is missing");
  return sizes;
}

const sizes = {
  ...(await bundleSizes("index.js")),
  zbox: (await bundleSizes("zbox/index.js")).page,
  callback: (await bundleSizes("callback/index.js", false)).page,
  sync: (await bundleSizes("sync/index.js", false)).page,
  http: (await bundleSizes("http/index.js", false)).page,
  transfer: (await bundleSizes("transfer/index.js", false)).page,
  vscode: (await bundleSizes("vscode/index.js", false)).page,
};

for (const part of /** @type {const} */ ([
  "page",
  "zbox",
  "callback",
  "sync",
  "http",
  "transfer",
  "vscode",
  ...APART,
])) {
  console.log(`${part}: ${sizes[part]} of at most ${LIMITS[part]} bytes (minified, brotli)`);
  if (sizes[part] > LIMITS[part]) process.exitCode = 1;
}
