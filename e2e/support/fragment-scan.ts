/**
 * A scanner for plaintext in a folder: every byte of every file, and the files' own names, against many
 * fragments at once, each as it is and, where it is text, in UTF-16 as browsers keep strings.
 */
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

export interface Fragment {
  readonly bytes: Uint8Array;
}

export interface Sighting {
  /** Index among the fragments. */
  readonly fragment: number;
  readonly encoding: "bytes" | "utf-16le";
  /** Relative to the folder. */
  readonly file: string;
  readonly offset: number;
}

interface Needle {
  readonly fragment: number;
  readonly encoding: Sighting["encoding"];
  readonly bytes: Buffer;
}

/** Bytes of a needle that are looked up before the rest is compared. */
const HEAD_BYTES = 3;

/** Where in `folder` any of the fragments is: its first place in each file. */
export async function scanFolder(
  folder: string,
  fragments: readonly Fragment[],
): Promise<Sighting[]> {
  const index = new NeedleIndex(fragments);
  const sightings: Sighting[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const file = relative(folder, path);
    const contents = [Buffer.from(file), ...(entry.isFile() ? [await readFile(path)] : [])];
    for (const content of contents)
      for (const [{ fragment, encoding }, offset] of index.find(content))
        sightings.push({ fragment, encoding, file, offset });
  }
  return sightings;
}

class NeedleIndex {
  /** 1 where some needle begins with these bytes. */
  readonly #heads = new Uint8Array(2 ** (8 * HEAD_BYTES));
  readonly #byHead = new Map<number, Needle[]>();

  constructor(fragments: readonly Fragment[]) {
    for (const needle of fragments.flatMap(needlesOf)) {
      const head = needle.bytes.readUIntBE(0, HEAD_BYTES);
      this.#heads[head] = 1;
      this.#byHead.set(head, [...(this.#byHead.get(head) ?? []), needle]);
    }
  }

  /** The needles in `content`, each with its first offset. */
  find(content: Buffer): Map<Needle, number> {
    const found = new Map<Needle, number>();
    let head = 0;
    for (let end = 0; end < content.length; end++) {
      head = ((head << 8) | (content[end] ?? 0)) & 0xff_ffff;
      if (this.#heads[head] === 0) continue;
      const at = end + 1 - HEAD_BYTES;
      if (at < 0) continue;
      for (const needle of this.#byHead.get(head) ?? [])
        if (!found.has(needle) && matches(content, at, needle.bytes)) found.set(needle, at);
    }
    return found;
  }
}

function matches(content: Buffer, at: number, bytes: Buffer): boolean {
  return content.subarray(at, at + bytes.length).equals(bytes);
}

function needlesOf({ bytes }: Fragment, index: number): Needle[] {
  const asItIs = { fragment: index, encoding: "bytes", bytes: Buffer.from(bytes) } as const;
  const text = textOf(bytes);
  if (text === undefined) return [asItIs];
  return [asItIs, { fragment: index, encoding: "utf-16le", bytes: Buffer.from(text, "utf16le") }];
}

/** Undefined if the bytes are no UTF-8. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
