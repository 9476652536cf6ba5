import { expect, test } from "vitest";
import type { FileHandle } from "../../../src/vfs/file-system.js";
import { isRepoError } from "../../../src/errors.js";
import { Prng } from "../../simulated-disk/prng.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import {
  createRepo,
  openRepo,
  testEnvironment,
  testKeys,
  type TestRepo,
} from "../../support/repo.js";

const WRITERS = 8;
const ROUNDS = 3;

/** What one writer believes its file holds; undefined while there is none. */
interface Belief {
  content: Uint8Array | undefined;
}

/** Vitest's own comparison of long arrays takes seconds. */
function expectSame(actual: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(actual, expected), "the bytes are the same").toBe(0);
}

function resized(content: Uint8Array, size: number): Uint8Array {
  const result = new Uint8Array(size);
  result.set(content.subarray(0, size));
  return result;
}

/** One change or look at the writer's own file, checked against what it believes. */
async function act(
  { fs }: TestRepo,
  path: string,
  belief: Belief,
  prng: Prng,
  scale: number,
): Promise<void> {
  const { content } = belief;
  const bytes = prng.bytes(prng.below(scale));
  if (content === undefined || prng.chance(0.1)) {
    await fs.writeFile(path, bytes);
    belief.content = bytes;
    return;
  }
  const at = prng.below(content.length + 5000);
  switch (prng.below(8)) {
    case 0: {
      await fs.unlink(path);
      belief.content = undefined;
      return;
    }
    case 1: {
      await fs.truncate(path, at);
      belief.content = resized(content, at);
      return;
    }
    case 2: {
      await fs.writeFile(path, bytes, { write: true, append: true, create: true });
      belief.content = resized(content, content.length + bytes.length);
      belief.content.set(bytes, content.length);
      return;
    }
    case 3: {
      await fs.rename(path, `${path}.moved`);
      await fs.rename(`${path}.moved`, path);
      return;
    }
    case 4: {
      expectSame(await fs.readFile(path), content);
      return;
    }
    default: {
      const handle = await fs.open(path, { read: true, write: true });
      try {
        await overwrite(handle, content, belief, at, bytes, prng);
      } finally {
        await handle.close();
      }
    }
  }
}

async function overwrite(
  handle: FileHandle,
  content: Uint8Array,
  belief: Belief,
  at: number,
  bytes: Uint8Array,
  prng: Prng,
): Promise<void> {
  await handle.write(bytes, at);
  const end = bytes.length === 0 ? content.length : Math.max(content.length, at + bytes.length);
  const expected = resized(content, end);
  expected.set(bytes, bytes.length === 0 ? 0 : at);
  belief.content = expected;
  const from = prng.below(end + 1);
  const into = new Uint8Array(prng.below(end - from + 10));
  const count = await handle.read(into, from);
  expectSame(into.subarray(0, count), expected.subarray(from, from + into.length));
}

async function expectBeliefs({ fs, engine }: TestRepo, beliefs: readonly Belief[]): Promise<void> {
  for (const [i, { content }] of beliefs.entries()) {
    if (content === undefined)
      await expect(fs.stat(`/w${i}`)).rejects.toMatchObject({ code: "ENOENT" });
    else expectSame(await fs.readFile(`/w${i}`), content);
  }
  const report = await engine.check();
  expect(report.problems).toEqual([]);
  expect(report.damage).toEqual([]);
}

test.each([
  { seed: 1, scale: 300, maxTurns: 1 },
  { seed: 2, scale: 3_000, maxTurns: 3 },
  { seed: 3, scale: 30_000, maxTurns: 9 },
  { seed: 4, scale: 30_000, maxTurns: 1 },
  { seed: 5, scale: 8_000, maxTurns: 30 },
  { seed: 6, scale: 120_000, maxTurns: 5 },
])(
  "concurrent writers each find what they wrote, now and after reopening (seed $seed)",
  async ({ seed, scale, maxTurns }) => {
    const keys = await testKeys();
    const disk = new SimulatedDisk({ seed, maxTurns });
    const environment = testEnvironment(seed);
    const beliefs: Belief[] = Array.from({ length: WRITERS }, () => ({ content: undefined }));
    let repo = await createRepo(disk.open("create"), keys, environment);
    for (let round = 0; round < ROUNDS; round++) {
      const current = repo;
      await Promise.all(
        beliefs.map(async (belief, i) => {
          const prng = new Prng(seed).fork(`writer ${i}, round ${round}`);
          for (let step = 0; step < 40; step++) {
            await act(current, `/w${i}`, belief, prng, scale);
            if (prng.chance(0.1)) await current.fs.sync();
            if (prng.chance(0.3)) environment.clock.advance(60);
          }
        }),
      );
      await expectBeliefs(current, beliefs);
      await current.fs.close();
      repo = await openRepo(disk.open(), keys, environment);
      await expectBeliefs(repo, beliefs);
    }
    await repo.fs.close();
  },
);

test.each([1, 2, 3, 4, 5, 6])(
  "concurrent writers on a nearly full disk get ENOSPC or what they asked for, and never a poisoned repo (seed %i)",
  async (seed) => {
    const keys = await testKeys();
    const disk = new SimulatedDisk({ seed, maxTurns: 4, maxSlots: 260 + 30 * seed });
    const environment = testEnvironment(seed);
    const repo = await createRepo(disk.open("create"), keys, environment);
    const beliefs: Belief[] = Array.from({ length: WRITERS }, () => ({ content: undefined }));
    let refused = 0;
    await Promise.all(
      beliefs.map(async (belief, i) => {
        const prng = new Prng(seed).fork(`writer ${i}`);
        for (let step = 0; step < 60; step++) {
          const before = { ...belief };
          try {
            await act(repo, `/w${i}`, belief, prng, 150_000);
          } catch (error) {
            if (!isRepoError(error, "ENOSPC")) throw error;
            belief.content = before.content;
            refused++;
            // The rename of a pair that went through before the disk was full.
            await repo.fs.rename(`/w${i}.moved`, `/w${i}`).catch(() => undefined);
            if (prng.chance(0.5)) {
              await repo.fs.unlink(`/w${i}`).catch(() => undefined);
              belief.content = undefined;
            }
          }
          if (prng.chance(0.2)) environment.clock.advance(60);
        }
      }),
    );
    expect(refused).toBeGreaterThan(0);
    await expectBeliefs(repo, beliefs);
    for (const i of beliefs.keys()) await repo.fs.unlink(`/w${i}`).catch(() => undefined);
    await repo.fs.writeFile("/again", new Uint8Array(200_000));
    await repo.fs.close();
  },
);

test("strict calls that arrive while a commit keeps the thread busy share the next one", async () => {
  const arrivals: (() => void)[] = [];
  const environment = {
    ...testEnvironment(),
    arrivals: () => new Promise<void>((resolve) => arrivals.push(resolve)),
  };
  const creating = createRepo(new SimulatedDisk().open("create"), await testKeys(), environment, {
    durability: "strict",
  });
  // Creating a repo waits for nobody; then, at each commit, eight more calls come in while it waits for arrivals.
  const letIn = setInterval(() => arrivals.shift()?.());
  const { fs, engine } = await creating;
  clearInterval(letIn);
  const before = engine.stats().commits;
  const first = fs.writeFile("/first", Uint8Array.of(1));
  await expect.poll(() => arrivals.length).toBe(1);
  const others = Array.from({ length: 8 }, (_, i) =>
    fs.writeFile(`/other${String(i)}`, Uint8Array.of(i)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  arrivals.shift()?.();
  await Promise.all([first, ...others]);
  expect(engine.stats().commits - before).toBe(1);
});
