/**
 * What ZenFS's tests import as their setup: the file system that they are to test, by its name `fs`. A file of tests begins with the tree that
 * ZenFS's own setups begin with, the contents of its folder `data`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { nodeLikeFs } from "./node-like-fs.js";
import { openThreadedRepo } from "./threaded-repo.js";

const threaded = await openThreadedRepo("zenfs");

export const fs = nodeLikeFs(threaded.repo.fs, threaded.sync);

export const { end } = threaded;

const data = fileURLToPath(new URL("data/", import.meta.resolve("@zenfs/core/tests/common.ts")));

/** The tree that a file of tests begins with. */
export async function begin(): Promise<void> {
  await threaded.repo.restore("empty");
  for (const name of readdirSync(data))
    await threaded.repo.fs.writeFile(`/${name}`, readFileSync(join(data, name)));
}
