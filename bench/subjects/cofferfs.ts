/** cofferfs through its public API, from the page. */
import { constants, destroyRepo, openRepo, type OpenRepoOptions, type Repo } from "cofferfs";
import type { SourceTree } from "../source-tree.js";
import type { Files, OpenFile, Subject } from "./subject.js";

export type CofferfsSettings = Pick<
  OpenRepoOptions,
  "cipher" | "durability" | "compress" | "dedupChunk"
>;

/** Made and destroyed: nobody may have a repo of that name, also not where the demo runs workloads. */
const SCRATCH_NAME = "bench-scratch-5e1c0f2a9b74";

/** A raw key, so that no key derivation is timed. */
const rawKey = new Uint8Array(32).fill(42);

function filesOf(repo: Repo): Files {
  const { fs } = repo;
  return {
    async open(path): Promise<OpenFile> {
      const handle = await fs.open(path, constants.O_RDWR | constants.O_CREAT);
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
    stat: async (path) => (await fs.stat(path)).size,
    readdir: (path) => fs.readdir(path),
    mkdir: async (path) => {
      await fs.mkdir(path);
    },
    unlink: (path) => fs.unlink(path),
    sync: () => repo.sync(),
    close: () => repo.close(),
    importTree: (tree) => importTree(repo, tree),
    async usage() {
      const { slots, freeSlots, slotBytes } = await repo.stats();
      // A sixteenth of a slot: docs/FORMAT.md, inode.
      return { storedBytes: (slots - freeSlots) * slotBytes, inlineBytes: slotBytes / 16 };
    },
  };
}

/** All of it is one transaction, whose calls are issued together. */
async function importTree(repo: Repo, { folders, files }: SourceTree): Promise<void> {
  await repo.transaction(async ({ fs }) => {
    for (const folder of folders) await fs.mkdir(folder);
    await Promise.all(files.map(({ path, bytes }) => fs.writeFile(path, bytes)));
  });
  await repo.sync();
}

export function cofferfsSubject(scheme: "opfs" | "idb", settings: CofferfsSettings): Subject {
  const uri = `${scheme}://${SCRATCH_NAME}`;
  const destroy = (): Promise<void> => destroyRepo(uri);
  return {
    create: async () => {
      // Left behind by a run that was broken off.
      await destroy().catch(() => undefined);
      return filesOf(await openRepo(uri, { rawKey, createNew: true, ...settings }));
    },
    reopen: async () => filesOf(await openRepo(uri, { rawKey, ...settings })),
    destroy,
  };
}
