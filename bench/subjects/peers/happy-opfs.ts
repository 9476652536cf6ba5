/** happy-opfs on the page: files as blobs, of which parts are read, and writable streams, which write at a place. */
import {
  mkdir,
  openWritableFileStream,
  readBlobFile,
  readDir,
  readFile,
  remove,
  writeFile,
} from "happy-opfs";
import type { Files, OpenFile, Subject } from "../subject.js";

const ROOT = "/bench-happy";
const at = (path: string): string => ROOT + path;

class HappyFile implements OpenFile {
  readonly #path: string;
  #stream: FileSystemWritableFileStream | undefined;
  #blob: File | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, position: number): Promise<void> {
    this.#blob = undefined;
    // `append` is what keeps the content that is there.
    this.#stream ??= (
      await openWritableFileStream(at(this.#path), { create: true, append: true })
    ).unwrap();
    await this.#stream.write({ type: "write", position, data: bytes });
  }

  async read(length: number, position: number): Promise<Uint8Array> {
    this.#blob ??= (await readBlobFile(at(this.#path))).unwrap();
    return new Uint8Array(await this.#blob.slice(position, position + length).arrayBuffer());
  }

  async sync(): Promise<void> {
    await this.#stream?.close();
    this.#stream = undefined;
  }

  close(): Promise<void> {
    return this.sync();
  }
}

const files: Files = {
  open: (path) => Promise.resolve(new HappyFile(path)),
  async writeFile(path, bytes) {
    (await writeFile(at(path), bytes)).unwrap();
  },
  readFile: async (path) => (await readFile(at(path))).unwrap(),
  stat: async (path) => (await readBlobFile(at(path))).unwrap().size,
  async readdir(path) {
    const names: string[] = [];
    for await (const entry of (await readDir(at(path))).unwrap()) names.push(entry.path);
    return names;
  },
  async mkdir(path) {
    (await mkdir(at(path))).unwrap();
  },
  async unlink(path) {
    (await remove(at(path))).unwrap();
  },
  sync: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

const destroy = async (): Promise<void> => {
  (await remove(ROOT)).unwrap();
};

export const subject: Subject = {
  create: async () => {
    await destroy();
    (await mkdir(ROOT)).unwrap();
    return files;
  },
  reopen: () => Promise.resolve(files),
  destroy,
};
