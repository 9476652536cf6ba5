/** cofferfs through its public API, from the page. */
import { destroyRepo, openRepo, type OpenRepoOptions, type Repo } from "cofferfs";
import type { Files, OpenFile, Subject } from "./subject.js";

type Settings = Pick<OpenRepoOptions, "cipher" | "durability">;

/** A raw key, so that no key derivation is timed. */
const rawKey = new Uint8Array(32).fill(42);

function filesOf(repo: Repo): Files {
  const { fs } = repo;
  return {
    async open(path): Promise<OpenFile> {
      const handle = await fs.open(path, "w+");
      return {
        write: async (bytes, at) => {
          await handle.write(bytes, { position: at, transfer: true });
        },
        read: async (length, at) => {
          const { buffer, bytesRead } = await handle.read({
            buffer: new Uint8Array(length),
            position: at,
          });
          return buffer.subarray(0, bytesRead);
        },
        sync: () => handle.sync(),
        close: () => handle.close(),
      };
    },
    writeFile: (path, bytes) => fs.writeFile(path, bytes),
    readFile: (path) => fs.readFile(path),
    stat: (path) => fs.stat(path),
    readdir: (path) => fs.readdir(path),
    mkdir: async (path) => {
      await fs.mkdir(path);
    },
    unlink: (path) => fs.unlink(path),
    sync: () => repo.sync(),
    close: () => repo.close(),
  };
}

export function cofferfsSubject(name: string, scheme: "opfs" | "idb", settings: Settings): Subject {
  const uri = `${scheme}://bench`;
  const destroy = (): Promise<void> => destroyRepo(uri);
  return {
    name,
    create: async () => {
      await destroy().catch(() => undefined);
      return filesOf(await openRepo(uri, { rawKey, createNew: true, ...settings }));
    },
    reopen: async () => filesOf(await openRepo(uri, { rawKey, ...settings })),
    destroy,
  };
}
