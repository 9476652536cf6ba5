/**
 * SourceTree: a real tree of files, text and binary, for the tests to put into vaults: packages of
 * node_modules, which the lockfile makes the same everywhere, copied to a folder of their own.
 */
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile, stat } from "node:fs/promises";
import { basename, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** In a vault, if the tree was imported at its root: absolute, `/`-separated. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface SourceTree {
  /** The folder on disk; its name is the first part of every path. */
  readonly folder: string;
  readonly files: readonly SourceFile[];
}

const PACKAGES = fileURLToPath(new URL("../../node_modules", import.meta.url));
/** Thousands of small files, some images, a font, WebAssembly; and one that is imported in pieces. */
const PARTS = ["knip", "webpack", "playwright-core", "typescript/lib/_tsc.js"];

/** Copies the tree to `folder`, which must not be there. */
export async function copySourceTree(folder: string): Promise<SourceTree> {
  for (const part of PARTS) {
    await mkdir(join(folder, part, ".."), { recursive: true });
    await cp(join(PACKAGES, part), join(folder, part), { recursive: true, filter: isNoLink });
  }
  return { folder, files: await describeFiles(folder) };
}

async function isNoLink(path: string): Promise<boolean> {
  const stats = await stat(path);
  return stats.isFile() || stats.isDirectory();
}

async function describeFiles(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Promise.all(
    paths.sort().map(async (path) => {
      const content = await readFile(path);
      const sha256 = createHash("sha256").update(content).digest("hex");
      const inVault = ["", basename(folder), ...relative(folder, path).split(sep)].join("/");
      return { path: inVault, bytes: content.length, sha256 };
    }),
  );
}
