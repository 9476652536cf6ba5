/** This package's own sources, as files to work on. */
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export async function readSourceTree(): Promise<SourceFile[]> {
  const root = fileURLToPath(new URL("../../src/", import.meta.url));
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => {
        const file = `${parentPath}/${name}`.replaceAll("//", "/");
        return { path: file.slice(root.length), text: await readFile(file, "utf8") };
      }),
  );
}
