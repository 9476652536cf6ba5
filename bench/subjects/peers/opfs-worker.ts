/** opfs-worker in its dedicated worker, without the hashes that it adds by default; bulk import by `importFiles`. */
import { createOPFS } from "opfs-worker";
import type { Files, OpenFile, Subject } from "../subject.js";

const root = "/bench-opfs-worker";

function start(): Files {
  const fs = createOPFS({ root, hashAlgorithm: false, broadcastChannel: null });
  return {
    async open(path): Promise<OpenFile> {
      const fd = await fs.open(path, { create: true });
      return {
        write: async (bytes, at) => {
          await fs.write(fd, bytes, 0, bytes.length, at);
        },
        read: async (length, at) => {
          const { buffer, bytesRead } = await fs.read(fd, new Uint8Array(length), 0, length, at);
          return buffer.subarray(0, bytesRead);
        },
        sync: () => fs.fsync(fd),
        close: () => fs.close(fd),
      };
    },
    writeFile: (path, bytes) => fs.writeFile(path, bytes),
    readFile: (path) => fs.readFile(path, "binary"),
    stat: async (path) => (await fs.stat(path)).size,
    readdir: async (path) => (await fs.readDir(path)).map(({ name }) => name),
    mkdir: (path) => fs.mkdir(path),
    unlink: (path) => fs.unlink(path),
    sync: () => Promise.resolve(),
    close: () => {
      fs.dispose();
      return Promise.resolve();
    },
    async importTree({ folders, files }) {
      for (const folder of folders) await fs.mkdir(folder);
      await fs.importFiles(files.map(({ path, bytes }): [string, Uint8Array] => [path, bytes]));
    },
  };
}

async function destroy(): Promise<void> {
  const directory = await navigator.storage.getDirectory();
  await directory.removeEntry(root.slice(1), { recursive: true }).catch(() => undefined);
}

export const subject: Subject = {
  create: async () => {
    await destroy();
    return start();
  },
  reopen: () => Promise.resolve(start()),
  destroy,
};
