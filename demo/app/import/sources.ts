/** Where imports come from: chosen files, a chosen folder, or whatever was dropped, folders and all. */

export interface ImportSource {
  /** Relative to where it is imported to, `/`-separated. */
  readonly path: string;
  /** Undefined for a folder without files. */
  readonly file: File | undefined;
}

/** Files of an input; with `webkitdirectory` they know their place below the chosen folder. */
export function sourcesOfInput(input: HTMLInputElement): ImportSource[] {
  return [...(input.files ?? [])].map((file) => ({
    path: file.webkitRelativePath === "" ? file.name : file.webkitRelativePath,
    file,
  }));
}

/**
 * Begins to read a drop. The items must be taken while the event lasts, so this part is synchronous;
 * the promise is for the folders. `found` hears how many files there are so far.
 */
export function sourcesOfDrop(
  data: DataTransfer,
  signal: AbortSignal,
  found: (count: number) => void,
): Promise<ImportSource[]> {
  const files: ImportSource[] = [];
  const entries: FileSystemEntry[] = [];
  for (const item of data.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry();
    const file = entry === null ? item.getAsFile() : null;
    if (entry !== null) entries.push(entry);
    else if (file !== null) files.push({ path: file.name, file });
  }
  return walkAll(entries, files, signal, found);
}

async function walkAll(
  roots: readonly FileSystemEntry[],
  files: readonly ImportSource[],
  signal: AbortSignal,
  found: (count: number) => void,
): Promise<ImportSource[]> {
  const sources: ImportSource[] = [...files];
  const waiting = roots.map((entry) => ({ entry, path: entry.name }));
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    signal.throwIfAborted();
    const { entry, path } = next;
    if (isFileEntry(entry)) sources.push({ path, file: await fileOf(entry) });
    if (isDirectoryEntry(entry)) {
      const children = await childrenOf(entry);
      if (children.length === 0) sources.push({ path, file: undefined });
      waiting.push(...children.map((child) => ({ entry: child, path: `${path}/${child.name}` })));
    }
    found(sources.length);
  }
  return sources;
}

/** Not by `instanceof`: Chromium hides these classes from pages (156, 2026). */
function isFileEntry(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isDirectoryEntry(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });
}

/** A reader gives its entries in portions, the last of which is empty. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (portion.length === 0) return children;
    children.push(...portion);
  }
}
