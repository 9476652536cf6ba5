/**
 * What ZenFS's tests import as their setup: the file system that they are to test, by its name `fs`. A file of tests begins with the tree that
 * ZenFS's own setups begin with, the contents of its folder `data`. What the tests take from Node 24 and 26 is added to Node 20.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRepoError } from "../../src/index.js";
import { nodeLikeFs } from "./node-like-fs.js";
import { openThreadedRepo } from "./threaded-repo.js";

const threaded = await openThreadedRepo("zenfs");

const promises = threaded.repo.fs;
export const fs = {
  ...nodeLikeFs(promises, threaded.sync),
  promises: { ...promises, stat: ifThere("stat"), lstat: ifThere("lstat") },
};

export const { end } = threaded;

// Node 24
Object.assign(Error, { isError: (value: unknown) => value instanceof Error });

/** Node 26: a `stat` that with `throwIfNoEntry: false` resolves to undefined if there is nothing. */
function ifThere(name: "stat" | "lstat") {
  return async (
    path: string,
    options: { throwIfNoEntry?: boolean; bigint?: boolean } = {},
  ): Promise<unknown> => {
    try {
      return await promises[name](path, options);
    } catch (error) {
      const missing = isRepoError(error) && ["ENOENT", "ENOTDIR"].includes(error.code);
      if (options.throwIfNoEntry !== false || !missing) throw error;
      return undefined;
    }
  };
}

const data = fileURLToPath(new URL("data/", import.meta.resolve("@zenfs/core/tests/common.ts")));

/** The tree that a file of tests begins with. */
export async function begin(): Promise<void> {
  await threaded.repo.restore("empty");
  for (const name of readdirSync(data))
    await threaded.repo.fs.writeFile(`/${name}`, readFileSync(join(data, name)));
}
