/** opfs-tools: readers and writers on access handles in its workers. It takes the buffers that it writes. */
import { dir, file, write } from "opfs-tools";
import type { Files, OpenFile, Subject } from "../subject.js";

const ROOT = "/bench-opfs-tools";
const at = (path: string): string => ROOT + path;

/** One reader or writer at a time: each holds the file's only access handle. */
class ToolsFile implements OpenFile {
  readonly #path: string;
  #writer: Awaited<ReturnType<ReturnType<typeof file>["createWriter"]>> | undefined;
  #reader: Awaited<ReturnType<ReturnType<typeof file>["createReader"]>> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async write(bytes: Uint8Array<ArrayBuffer>, position: number): Promise<void> {
    await this.#closeReader();
    this.#writer ??= await file(at(this.#path), "rw").createWriter();
    await this.#writer.write(bytes, { at: position });
  }

  async read(length: number, position: number): Promise<Uint8Array> {
    await this.#closeWriter();
    this.#reader ??= await file(at(this.#path), "r").createReader();
    return new Uint8Array(await this.#reader.read(length, { at: position }));
  }

  async sync(): Promise<void> {
    await this.#writer?.flush();
  }

  async close(): Promise<void> {
    await this.#closeReader();
    await this.#closeWriter();
  }

  async #closeReader(): Promise<void> {
    await this.#reader?.close();
    this.#reader = undefined;
  }

  async #closeWriter(): Promise<void> {
    await this.#writer?.flush();
    await this.#writer?.close();
    this.#writer = undefined;
  }
}

const files: Files = {
  open: (path) => Promise.resolve(new ToolsFile(path)),
  writeFile: (path, bytes) => write(at(path), bytes.slice()),
  readFile: async (path) => new Uint8Array(await file(at(path), "r").arrayBuffer()),
  stat: (path) => file(at(path), "r").getSize(),
  readdir: async (path) => (await dir(at(path)).children()).map(({ name }) => name),
  mkdir: async (path) => {
    await dir(at(path)).create();
  },
  unlink: (path) => file(at(path)).remove(),
  sync: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

const destroy = async (): Promise<void> => {
  if (await dir(ROOT).exists()) await dir(ROOT).remove({ force: true });
};

export const subject: Subject = {
  create: async () => {
    await destroy();
    await dir(ROOT).create();
    return files;
  },
  reopen: () => Promise.resolve(files),
  destroy,
};
