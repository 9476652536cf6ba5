/**
 * Operations: every single change that the crash tests make, on a small prepared tree that has a victim
 * for each. An operation is a list of calls; each call is one transaction and so one state.
 */
import type { FileHandle } from "../../src/vfs/file-system.js";
import { RepoError } from "../../src/errors.js";
import type { TestRepo } from "../support/repo.js";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";

/** Runs one call and books the state that it leads to. */
export type Step = (call: () => Promise<unknown>) => Promise<void>;

/** `turn` says which of two sets of victims, so that a pair can meet on one file or not. */
export type Operation = (repo: TestRepo, step: Step, turn: number) => Promise<void>;

export function pattern(length: number, seed = 1): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + seed * 17 + (i >> 8)) & 0xff);
}

/** Sizes for slots of 4 KiB: in the inode, packed with others, several units and a rest. */
export const INLINE_BYTES = 120;
export const PACKED_BYTES = 1500;
export const LARGE_BYTES = 21_000;

/** A snapshot that the aged containers have, of a tree that shares much with theirs. */
export const SNAPSHOT = "early";

/** Two sets of victims. Takes about thirty slots. */
export async function prepareTree(fs: RepoFileSystem): Promise<void> {
  for (const turn of [0, 1]) {
    await fs.mkdir(`/d${turn}`);
    await fs.mkdir(`/d${turn}/empty`);
    await fs.writeFile(`/d${turn}/small`, pattern(INLINE_BYTES, 2 + turn));
    await fs.writeFile(`/d${turn}/packed`, pattern(PACKED_BYTES, 4 + turn));
    await fs.writeFile(`/d${turn}/other`, pattern(PACKED_BYTES, 6 + turn));
    await fs.writeFile(`/d${turn}/large`, pattern(LARGE_BYTES, 8 + turn));
    await fs.symlink("small", `/d${turn}/symlink`);
    await fs.link(`/d${turn}/packed`, `/d${turn}/linked`);
  }
}

async function withFile(
  fs: RepoFileSystem,
  path: string,
  use: (handle: FileHandle) => Promise<void>,
): Promise<void> {
  let handle: FileHandle;
  try {
    handle = await fs.open(path, { read: true, write: true });
  } catch (error) {
    // The other operation of the pair may have taken the file away.
    if (error instanceof RepoError && error.code === "ENOENT") return;
    throw error;
  }
  await use(handle);
}

async function exists(fs: RepoFileSystem, path: string): Promise<boolean> {
  try {
    await fs.stat(path);
    return true;
  } catch (error) {
    if (error instanceof RepoError && error.code === "ENOENT") return false;
    throw error;
  }
}

async function hasSnapshot({ snapshots }: TestRepo["engine"]): Promise<boolean> {
  return (await snapshots.list()).some(({ name }) => name === SNAPSHOT);
}

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: ({ fs }, step, turn) =>
    step(async () => fs.writeFile(`/d${turn}/new`, new Uint8Array(0))),
  "write small": ({ fs }, step, turn) =>
    step(async () => fs.writeFile(`/d${turn}/small`, pattern(INLINE_BYTES + 50, 20))),
  "write packed": ({ fs }, step, turn) =>
    step(async () => fs.writeFile(`/d${turn}/packed`, pattern(PACKED_BYTES + 300, 21))),
  "write large": ({ fs }, step, turn) =>
    step(async () => fs.writeFile(`/d${turn}/large`, pattern(LARGE_BYTES + 9000, 22))),
  append: ({ fs }, step, turn) =>
    step(async () =>
      fs.writeFile(`/d${turn}/large`, pattern(3000, 23), { write: true, append: true }),
    ),
  overwrite: ({ fs }, step, turn) =>
    withFile(fs, `/d${turn}/large`, async (handle) => {
      await step(async () => handle.write(pattern(5000, 24), 6000));
      await handle.close();
    }),
  "overwrite within a unit": ({ fs }, step, turn) =>
    withFile(fs, `/d${turn}/large`, async (handle) => {
      // Both ends of the old unit stay in use, under one reference count.
      await step(async () => handle.write(pattern(900, 27), 1000));
      await handle.close();
    }),
  "write in parts": async ({ fs }, step, turn) => {
    const path = `/d${turn}/large`;
    // The other operation of the pair may have taken the file away.
    if (!(await exists(fs, path))) return;
    const file = await fs.openStaged(path, { write: true });
    // Of the parts nothing is ever seen.
    await file.write(pattern(5000, 31), 3000);
    await file.write(pattern(6000, 32), 3000);
    await step(async () => file.finish());
    const staging = await fs.openStaging(path, true);
    await staging.write(pattern(4000, 34), 9000);
    await staging.truncate(12_000);
    await step(async () => staging.finish());
    // Nor of what is not finished when the power goes, or the repo closes.
    await file.write(pattern(5000, 33), 0);
    await (await fs.openStaging(path, false)).write(pattern(5000, 35), 0);
  },
  "truncate up": ({ fs }, step, turn) =>
    step(async () => fs.truncate(`/d${turn}/packed`, 3 * LARGE_BYTES)),
  "truncate down": ({ fs }, step, turn) => step(async () => fs.truncate(`/d${turn}/large`, 5000)),
  mkdir: ({ fs }, step, turn) => step(async () => fs.mkdir(`/d${turn}/made`)),
  rmdir: ({ fs }, step, turn) => step(async () => fs.rmdir(`/d${turn}/empty`)),
  unlink: ({ fs }, step, turn) => step(async () => fs.unlink(`/d${turn}/large`)),
  "unlink while open": ({ fs }, step, turn) =>
    withFile(fs, `/d${turn}/packed`, async (handle) => {
      // The handle stays open: its inode is an orphan when the power goes, and when the repo closes.
      await step(async () => fs.unlink(`/d${turn}/packed`));
      await step(async () => fs.unlink(`/d${turn}/linked`));
      await step(async () => handle.write(pattern(6000, 25), 0));
    }),
  rename: ({ fs }, step, turn) =>
    step(async () => fs.rename(`/d${turn}/packed`, `/d${turn}/empty/moved`)),
  "rename over": ({ fs }, step, turn) =>
    step(async () => fs.rename(`/d${turn}/small`, `/d${turn}/large`)),
  symlink: ({ fs }, step, turn) => step(async () => fs.symlink("large", `/d${turn}/pointer`)),
  link: ({ fs }, step, turn) => step(async () => fs.link(`/d${turn}/large`, `/d${turn}/twin`)),
  copy: ({ fs }, step, turn) => step(async () => fs.copyFile(`/d${turn}/large`, `/d${turn}/other`)),
  fsync: ({ fs }, step, turn) =>
    withFile(fs, `/d${turn}/other`, async (handle) => {
      await step(async () => handle.write(pattern(700, 26), 100));
      await handle.sync();
      await handle.close();
    }),
  transaction: ({ engine }, step, turn) =>
    step(async () => {
      const transaction = await engine.begin();
      const fs = new RepoFileSystem(transaction);
      await fs.mkdir(`/d${turn}/many`);
      await fs.writeFile(`/d${turn}/many/new`, pattern(PACKED_BYTES, 29));
      await fs.rename(`/d${turn}/large`, `/d${turn}/many/large`);
      await fs.writeFile(`/d${turn}/small`, pattern(LARGE_BYTES, 30));
      await transaction.commit();
    }),
  compact: ({ engine }, step) => step(async () => engine.maintenance.compact()),
  snapshot: ({ engine }, step, turn) => step(async () => engine.snapshots.take(`taken ${turn}`)),
  restore: async ({ fs, engine }, step, turn) => {
    if (!(await hasSnapshot(engine))) return;
    await step(async () => engine.snapshots.restore(SNAPSHOT));
    await step(async () => fs.writeFile(`/d${turn}/restored`, pattern(PACKED_BYTES, 28)));
  },
  "delete snapshot": async ({ engine }, step) => {
    if (!(await hasSnapshot(engine))) return;
    await step(async () => engine.snapshots.remove(SNAPSHOT));
    await engine.snapshots.freeAll();
  },
};
