import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NodeFileSystem } from "../../model/node-fs.js";
import { dumpTree, randomOperation, type Session } from "../../model/random-operation.js";
import { Prng } from "../../simulated-disk/prng.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { createRepo, openRepo, testEnvironment, testKeys } from "../../support/repo.js";

const STEPS = process.env["SLOW"] === "1" ? 20_000 : 1_500;

let root: string;
let umask: number;
beforeAll(async () => {
  umask = process.umask(0);
  root = await mkdtemp(join(tmpdir(), "cofferfs-oracle-"));
});
afterAll(async () => {
  process.umask(umask);
  await rm(root, { recursive: true, force: true });
});

/** The result of an operation, or the code of its error. */
async function outcome(run: Promise<unknown>): Promise<unknown> {
  try {
    return { result: await run };
  } catch (error) {
    return { code: (error as { code?: unknown }).code ?? error };
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "random operations have the results, errors and trees that they have on Linux (seed %i)",
  async (seed) => {
    const keys = await testKeys();
    const disk = new SimulatedDisk({ seed, maxTurns: 3 });
    const environment = testEnvironment(seed);
    const folder = await mkdtemp(join(root, "tree-"));
    let repo = await createRepo(disk.open("create"), keys, environment);
    const oracle: Session = { tree: new NodeFileSystem(folder), handles: [] };
    let subject: Session = { tree: repo.fs, handles: [] };
    const prng = new Prng(seed);
    const history: string[] = [];
    for (let step = 0; step < STEPS; step++) {
      const { describe, run } = randomOperation(prng);
      history.push(describe);
      const expected = await outcome(run(oracle));
      const actual = await outcome(run(subject));
      expect(actual, history.slice(-12).join("\n")).toEqual(expected);
      environment.clock.advance(prng.below(40));
      if (step % 300 === 299) {
        expect(await dumpTree(subject.tree)).toEqual(await dumpTree(oracle.tree));
        expect((await repo.engine.check()).problems).toEqual([]);
      }
      if (step % 700 === 699) {
        for (const { handles } of [oracle, subject])
          for (const handle of handles.splice(0)) await handle.close();
        await repo.fs.close();
        repo = await openRepo(disk.open(), keys, environment);
        subject = { tree: repo.fs, handles: [] };
        expect(await dumpTree(subject.tree)).toEqual(await dumpTree(oracle.tree));
      }
    }
    for (const handle of oracle.handles) await handle.close();
    await repo.fs.close();
  },
);
