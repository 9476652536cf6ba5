/**
 * SourceTree: W4's files, real sources, and how they travel from the driver to the page as one answer of its
 * server: the length of a list, the list of paths and sizes as JSON, then all contents.
 */

export interface SourceFile {
  /** Absolute, `/`-separated. */
  readonly path: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface SourceTree {
  /** Parents before their children. */
  readonly folders: readonly string[];
  readonly files: readonly SourceFile[];
}

interface ListedFile {
  readonly path: string;
  readonly size: number;
}

export function packTree(files: readonly SourceFile[]): Uint8Array {
  const list: ListedFile[] = files.map(({ path, bytes }) => ({ path, size: bytes.length }));
  const head = new TextEncoder().encode(JSON.stringify(list));
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 4 + head.length);
  const packed = new Uint8Array(size);
  new DataView(packed.buffer).setUint32(0, head.length);
  packed.set(head, 4);
  let at = 4 + head.length;
  for (const { bytes } of files) {
    packed.set(bytes, at);
    at += bytes.length;
  }
  return packed;
}

/** The first `count` files, each in a buffer of its own. */
export function unpackTree(packed: ArrayBuffer, count: number): SourceTree {
  const headBytes = new DataView(packed).getUint32(0);
  const head = new TextDecoder().decode(new Uint8Array(packed, 4, headBytes));
  const list = JSON.parse(head) as ListedFile[];
  let at = 4 + headBytes;
  const files = list.slice(0, count).map(({ path, size }): SourceFile => {
    const bytes = new Uint8Array(packed.slice(at, at + size));
    at += size;
    return { path, bytes };
  });
  return { folders: foldersOf(files), files };
}

export function treeBytes({ files }: SourceTree): number {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function foldersOf(files: readonly SourceFile[]): string[] {
  const folders = new Set<string>();
  for (const { path } of files) {
    const names = path.split("/").slice(1, -1);
    for (let depth = 1; depth <= names.length; depth++)
      folders.add(`/${names.slice(0, depth).join("/")}`);
  }
  return [...folders];
}
