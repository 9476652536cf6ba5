/** OPFS as the page has it, not encrypted: one file of the browser for each file, no worker. */
import type { Files, OpenFile, Subject } from "./subject.js";
import { OpfsFolder } from "./worker/opfs-folder.js";

class PlainFile implements OpenFile {
  readonly #handle: FileSystemFileHandle;
  #writable: FileSystemWritableFileStream | undefined;
  #file: File | undefined;

  constructor(handle: FileSystemFileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, at: number): Promise<void> {
    this.#file = undefined;
    this.#writable ??= await this.#handle.createWritable({ keepExistingData: true });
    await this.#writable.write({ type: "write", position: at, data: bytes });
  }

  async read(length: number, at: number): Promise<Uint8Array> {
    this.#file ??= await this.#handle.getFile();
    return new Uint8Array(await this.#file.slice(at, at + length).arrayBuffer());
  }

  async sync(): Promise<void> {
    await this.#writable?.close();
    this.#writable = undefined;
  }

  close(): Promise<void> {
    return this.sync();
  }
}

function filesOf(folder: OpfsFolder): Files {
  return {
    open: async (path) => new PlainFile(await folder.file(path, true)),
    async writeFile(path, bytes) {
      const writable = await (await folder.file(path, true)).createWritable();
      await writable.write(bytes);
      await writable.close();
    },
    async readFile(path) {
      const file = await (await folder.file(path)).getFile();
      return new Uint8Array(await file.arrayBuffer());
    },
    stat: async (path) => (await (await folder.file(path)).getFile()).size,
    readdir: (path) => folder.names(path),
    mkdir: async (path) => {
      await folder.folder(path, true);
    },
    unlink: (path) => folder.remove(path),
    sync: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

export function plainOpfsSubject(): Subject {
  const open = async (): Promise<Files> => {
    const folder = new OpfsFolder("bench-plain");
    await folder.open();
    return filesOf(folder);
  };
  const destroy = (): Promise<void> => new OpfsFolder("bench-plain").destroy();
  return {
    create: async () => {
      await destroy();
      return open();
    },
    reopen: open,
    destroy,
  };
}
