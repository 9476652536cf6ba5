/** A folder of OPFS for one subject, and paths in it. Directory handles are kept: looking them up again costs most. */

export class OpfsFolder {
  readonly #name: string;
  readonly #folders = new Map<string, FileSystemDirectoryHandle>();

  constructor(name: string) {
    this.#name = name;
  }

  async open(): Promise<void> {
    const root = await navigator.storage.getDirectory();
    this.#folders.set("", await root.getDirectoryHandle(this.#name, { create: true }));
  }

  async destroy(): Promise<void> {
    this.#folders.clear();
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(this.#name, { recursive: true }).catch(ignoreMissing);
  }

  async folder(path: string, create = false): Promise<FileSystemDirectoryHandle> {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const cut = path.lastIndexOf("/");
    if (cut === -1) throw new Error("the folder is not open");
    const parent = await this.folder(path.slice(0, cut), create);
    const handle = await parent.getDirectoryHandle(path.slice(cut + 1), { create });
    this.#folders.set(path, handle);
    return handle;
  }

  async file(path: string, create = false): Promise<FileSystemFileHandle> {
    const folder = await this.folder(path.slice(0, path.lastIndexOf("/")));
    return folder.getFileHandle(path.slice(path.lastIndexOf("/") + 1), { create });
  }

  async names(path: string): Promise<string[]> {
    const names: string[] = [];
    for await (const name of (await this.folder(path)).keys()) names.push(name);
    return names;
  }

  async remove(path: string): Promise<void> {
    const folder = await this.folder(path.slice(0, path.lastIndexOf("/")));
    await folder.removeEntry(path.slice(path.lastIndexOf("/") + 1));
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof DOMException) || error.name !== "NotFoundError") throw error;
}
