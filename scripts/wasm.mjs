/**
 * Compiles wasm/lz4.ts and writes it into src/codec/lz4-wasm.ts; with `--check` it only tells whether what is
 * there is what the source gives. The compiler is fetched when this runs and is no dependency: it
 * weighs 100 MB, and the result is 1.4 KB that rarely changes.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const COMPILER = "assemblyscript@0.28.20";
/** Pages of 64 KiB, the same at least and at most: see MEMORY_PAGES in src/codec/lz4.ts. */
const PAGES = "35";

const source = fileURLToPath(new URL("../wasm/lz4.ts", import.meta.url));
const target = fileURLToPath(new URL("../src/codec/lz4-wasm.ts", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "cofferfs-wasm-"));
try {
  const binary = join(scratch, "lz4.wasm");
  const { status } = spawnSync(
    "npx",
    [
      ...["--yes", `--package=${COMPILER}`, "asc", source, "--outFile", binary],
      ...["-O3", "--runtime", "stub", "--noAssert", "--importMemory"],
      ...["--initialMemory", PAGES, "--maximumMemory", PAGES],
    ],
    { stdio: ["ignore", "inherit", "inherit"], shell: process.platform === "win32" },
  );
  if (status !== 0) throw new Error("the compiler failed");
  const text = moduleText(readFileSync(binary), readFileSync(source));
  if (!argv.includes("--check")) writeFileSync(target, text);
  else if (readFileSync(target, "utf8") !== text)
    throw new Error(`${target} is not of this source`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/**
 * @param {Buffer} binary
 * @param {Buffer} sourceText
 */
function moduleText(binary, sourceText) {
  const digest = createHash("sha256").update(sourceText).digest("hex");
  const lines = binary.toString("hex").match(/.{1,90}/g) ?? [];
  return `/**
 * wasm/lz4.ts, compiled by \`npm run build:wasm\` (${COMPILER}). Not edited by hand: a test
 * holds the digest of the source against the source.
 */

export const LZ4_SOURCE_SHA256 =
  "${digest}";

/** The module's bytes in hexadecimal. */
export const LZ4_WASM =
${lines.map((line) => `  "${line}"`).join(" +\n")};
`;
}
