/** W4's files: the sources of some packages that the lockfile fixes, read from node_modules. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, sep } from "node:path";
import type { SourceFile } from "../source-tree.js";

const PACKAGES = ["webpack", "eslint", "@typescript-eslint"];
const SOURCE = /\.(?:[cm]?[jt]s|json|md)$/;
const LARGEST_BYTES = 1_000_000;

export const TREE_WORDS = `the first files, by path, of the packages ${PACKAGES.join(", ")}: sources, declarations, JSON and text`;

export function readSources(root: string, count: number): SourceFile[] {
  const files: SourceFile[] = [];
  for (const name of PACKAGES)
    for (const path of sourcesBelow(join(root, "node_modules", name))) {
      if (files.length === count) return files;
      const inTree = path.slice(join(root, "node_modules").length).split(sep).join("/");
      files.push({ path: inTree, bytes: new Uint8Array(readFileSync(path)) });
    }
  throw new Error(`${files.length} sources of ${count}`);
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && SOURCE.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !path.slice(folder.length).includes(`${sep}node_modules${sep}`))
    .filter((path) => statSync(path).size <= LARGEST_BYTES)
    .sort();
}
