/** OPFS as the page has it, not encrypted: one file of the browser for each file. */
import type { Files, OpenFile, Subject } from "./subject.js";

const FOLDER = "bench-plain";

async function folder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/** The directory above `path`, and the last name. */
async function locate(path: string): Promise<[FileSystemDirectoryHandle, string]> {
  const names = path.split("/").filter((name) => name !== "");
  const last = names.pop() ?? "";
  let directory = await folder();
  for (const name of names) directory = await directory.getDirectoryHandle(name, { create: true });
  return [directory, last];
}

class PlainFile implements OpenFile {
  readonly #handle: FileSystemFileHandle;
  #writable: FileSystemWritableFileStream | undefined;

  constructor(handle: FileSystemFileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    this.#writable ??= await this.#handle.createWritable({ keepExistingData: true });
    await this.#writable.write({ type: "write", position: at, data: new Uint8Array(bytes) });
  }

  async read(length: number, at: number): Promise<Uint8Array> {
    const file = await this.#handle.getFile();
    return new Uint8Array(await file.slice(at, at + length).arrayBuffer());
  }

  async sync(): Promise<void> {
    await this.#writable?.close();
    this.#writable = undefined;
  }

  close(): Promise<void> {
    return this.sync();
  }
}

const files: Files = {
  async open(path) {
    const [directory, name] = await locate(path);
    return new PlainFile(await directory.getFileHandle(name, { create: true }));
  },
  async writeFile(path, bytes) {
    const [directory, name] = await locate(path);
    const handle = await directory.getFileHandle(name, { create: true });
    const writable = await handle.createWritable();
    await writable.write(new Uint8Array(bytes));
    await writable.close();
  },
  async readFile(path) {
    const [directory, name] = await locate(path);
    const file = await (await directory.getFileHandle(name)).getFile();
    return new Uint8Array(await file.arrayBuffer());
  },
  async stat(path) {
    const [directory, name] = await locate(path);
    return { size: (await (await directory.getFileHandle(name)).getFile()).size };
  },
  async readdir(path) {
    const [directory] = await locate(path + "/x");
    const names: string[] = [];
    for await (const entry of directory.keys()) names.push(entry);
    return names;
  },
  async mkdir(path) {
    await locate(path + "/x");
  },
  async unlink(path) {
    const [directory, name] = await locate(path);
    await directory.removeEntry(name);
  },
  sync: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

export function plainOpfsSubject(): Subject {
  const destroy = async (): Promise<void> => {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(FOLDER, { recursive: true }).catch(() => undefined);
  };
  return {
    name: "plain opfs",
    create: async () => {
      await destroy();
      return files;
    },
    reopen: () => Promise.resolve(files),
    destroy,
  };
}
