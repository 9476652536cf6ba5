/** LightningFS: a tree in the page's memory, contents one row each in IndexedDB; files whole only. */
import LightningFS from "@isomorphic-git/lightning-fs";
import type { Files, Subject } from "../subject.js";
import { WholeFile, type WholeFiles } from "../whole-file.js";

const NAME = "bench-lightning";
/** It lets go of a store half a second after the last call, and nobody else gets it before. */
const LETS_GO_MS = 700;

async function start(wipe: boolean): Promise<Files> {
  const { promises } = new LightningFS(NAME, { wipe });
  // It opens with its first call.
  await promises.stat("/");
  const whole: WholeFiles = {
    writeFile: async (path, bytes) => {
      await promises.writeFile(path, bytes);
    },
    readFile: (path) => promises.readFile(path),
  };
  return {
    ...whole,
    open: (path) => Promise.resolve(new WholeFile(whole, path)),
    stat: async (path) => (await promises.stat(path)).size,
    readdir: (path) => promises.readdir(path),
    mkdir: async (path) => {
      await promises.mkdir(path);
    },
    unlink: async (path) => {
      await promises.unlink(path);
    },
    sync: () => promises.flush(),
    async close() {
      await promises.flush();
      await new Promise((resolve) => setTimeout(resolve, LETS_GO_MS));
    },
  };
}

export const subject: Subject = {
  create: () => start(true),
  reopen: () => start(false),
  async destroy() {
    const files = await start(true);
    await files.close();
  },
};
