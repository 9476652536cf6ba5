/** A case: what is done on both sides, and what of it can be compared. */
import type { RootDirectoryHandle, RootFileHandle, RootHandle } from "../../../src/index.js";

/** What every case begins with: its own directory with `f`, `d/x` and the empty directory `e`. */
export interface Planted {
  readonly root: RootDirectoryHandle;
  readonly d: RootDirectoryHandle;
  readonly e: RootDirectoryHandle;
  readonly f: RootFileHandle;
  readonly x: RootFileHandle;
}

export interface Case {
  readonly name: string;
  readonly run: (planted: Planted) => unknown;
}

export const CONTENT = "0123456789";

/** An argument that no compiler takes. */
export function wrong(value: unknown): never {
  return value as never;
}

/** Calls a method with arguments that no compiler takes, or without any. */
export function bare(on: object, method: string, given: readonly unknown[] = []): unknown {
  return Reflect.apply(Reflect.get(on, method) as (...all: unknown[]) => unknown, on, given);
}

export async function write(file: RootFileHandle, text: string): Promise<void> {
  const writable = await file.createWritable();
  await writable.write(text);
  await writable.close();
}

export async function textOf(file: RootFileHandle): Promise<string> {
  return (await file.getFile()).text();
}

export async function plant(into: RootDirectoryHandle, name: string): Promise<Planted> {
  const root = await into.getDirectoryHandle(name, { create: true });
  const d = await root.getDirectoryHandle("d", { create: true });
  const e = await root.getDirectoryHandle("e", { create: true });
  const f = await root.getFileHandle("f", { create: true });
  const x = await d.getFileHandle("x", { create: true });
  await write(f, CONTENT);
  return { root, d, e, f, x };
}

/** What Chromium writes beside a file: nothing of it is to be seen by the standard, and it goes at a time of its own. */
const SWAP_FILE = /\.crswap$/;

/** Every entry below with what it holds, in the order of names. */
export async function treeOf(directory: RootDirectoryHandle): Promise<string[]> {
  const lines: string[] = [];
  const walk = async (at: RootDirectoryHandle, prefix: string): Promise<void> => {
    for await (const [name, child] of at)
      if (SWAP_FILE.test(name)) continue;
      else if (child.kind === "directory") {
        lines.push(`${prefix}${name}/`);
        await walk(child, `${prefix}${name}/`);
      } else lines.push(`${prefix}${name} = ${JSON.stringify(await textOf(child))}`);
  };
  await walk(directory, "");
  return lines.sort();
}

/** A result as text: handles by kind and name. */
export function shown(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (item === undefined) return "undefined";
    if (item instanceof WritableStream) return "a writable";
    if (item instanceof Uint8Array) return [...item];
    if (item instanceof ArrayBuffer) return [...new Uint8Array(item)];
    if (item instanceof File) return `file ${item.name} of ${item.size}`;
    return isHandle(item) ? `${item.kind} ${item.name}` : item;
  });
}

function isHandle(value: unknown): value is RootHandle {
  return typeof value === "object" && value !== null && "isSameEntry" in value;
}

/** The name of what was thrown; a DOMException's own. */
export function thrown(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : String(error);
}

/** What came of a step, where the case is about several of them. */
export async function outcome(step: () => unknown): Promise<string> {
  try {
    return shown(await step());
  } catch (error) {
    return thrown(error);
  }
}
