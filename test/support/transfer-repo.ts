/** Repos for imports and exports, and what is in a tree. */
import { createHash } from "node:crypto";
import { openRepo, type Repo, type RepoFs } from "../../src/index.js";
import { fakeWorkers } from "./fake-worker.js";

let count = 0;

/** A repo in memory behind a worker in this thread. */
export function memoryRepo(): Promise<Repo> {
  const rawKey = new Uint8Array(32).fill(7);
  return openRepo(`mem://transfer-${++count}`, {
    rawKey,
    worker: fakeWorkers().factory,
    create: true,
  });
}

/** As much of Node's calls as a look at a tree needs. */
export type TreeFs = Pick<RepoFs, "lstat" | "readlink"> & {
  readdir(path: string): Promise<string[]>;
  readFile(path: string): Promise<Uint8Array>;
};

/** Every entry below a directory by its path: what it is, its mode, its time, and what it holds. */
export async function describeFiles(fs: TreeFs, at: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (directory: string, prefix: string): Promise<void> => {
    for (const name of (await fs.readdir(directory)).toSorted()) {
      const path = `${directory === "/" ? "" : directory}/${name}`;
      const stats = await fs.lstat(path);
      const facts = `${stats.mode.toString(8)} ${stats.mtimeMs}`;
      if (stats.isSymbolicLink()) found[prefix + name] = `${facts} -> ${await fs.readlink(path)}`;
      else if (stats.isFile()) found[prefix + name] = `${facts} ${sha256(await fs.readFile(path))}`;
      else {
        found[`${prefix}${name}/`] = facts;
        await visit(path, `${prefix}${name}/`);
      }
    }
  };
  await visit(at, "");
  return found;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes that do not repeat soon, and that no compressor makes smaller than half. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 12345;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** A stream of pieces of that size, which counts those that were asked for. */
export function streamed(
  bytes: Uint8Array,
  size: number,
): { readonly stream: ReadableStream<Uint8Array>; readonly given: () => number } {
  let at = 0;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.slice(at, (at += size)));
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, given: () => Math.min(at, bytes.length) };
}
