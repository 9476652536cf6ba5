/**
 * Catalogue 26 and 39, changes of keys in an open repo: the power goes at every write. The old or the new
 * credentials open what was there, never neither; and once a change was acknowledged, or the new header has been
 * opened, an old header put back is ROLLBACK.
 */
import { expect, test } from "vitest";
import { HEADER_COPY_BYTES, HEADER_COPY_OFFSETS } from "../../src/crypto/header.js";
import { isRepoError } from "../../src/errors.js";
import { RepoFileSystem } from "../../src/vfs/repo-fs.js";
import { openContainer, type OpenContainer } from "../../src/worker/container.js";
import type { KeyChange } from "../../src/worker/protocol.js";
import { Resealing } from "../../src/worker/resealing.js";
import { crashImages } from "../simulated-disk/crash-images.js";
import type { DiskImage } from "../simulated-disk/disk-image.js";
import { SimulatedDisk, SimulatedDiskProvider } from "../simulated-disk/simulated-disk.js";
import { expectSame } from "../support/pattern.js";
import { judgeWhole } from "./crash-oracle.js";
import { pattern } from "./operations.js";
import { runs, workloadSeed } from "./seed.js";

const NAME = "repo";
const CRASHES = { exhaustivePieces: 3, samples: 16, tornPieces: 1, tornHeaderBytes: 8 };
/** After so many states the container is walked as a whole, and goes on to serve. */
const WHOLE_EVERY = 12;

const mine = { rawKey: new Uint8Array(32).fill(1) };
const theirs = { rawKey: new Uint8Array(32).fill(2) };
const next = { rawKey: new Uint8Array(32).fill(3) };
const all = { mine, theirs, next };
type Name = keyof typeof all;

function derive(): Promise<never> {
  return Promise.reject(new Error("no password is used here"));
}

async function openWith(
  provider: SimulatedDiskProvider,
  credential: typeof mine,
  mode: "open" | "createNew" | "read" = "open",
): Promise<OpenContainer> {
  return openContainer(
    {
      uri: `mem://${NAME}`,
      opening: 1,
      credential,
      mode: mode === "read" ? "open" : mode,
      readOnly: mode === "read",
      versionLimit: 1,
      compress: undefined,
      dedup: false,
      durability: "strict",
      cipher: "aes-256-gcm",
      kdf: "interactive",
    },
    { backend: "mem", name: NAME, location: `mem://${NAME}`, provider },
    { derive, onEvent: (event) => expect.fail(`unexpected event ${event.type}`) },
  );
}

function on(image: DiskImage): SimulatedDiskProvider {
  return new SimulatedDiskProvider().insert(NAME, SimulatedDisk.fromImage(image));
}

/** `opened`, or the code with which it did not. */
async function outcome(image: DiskImage, credential: typeof mine): Promise<string> {
  try {
    const { engine } = await openWith(on(image), credential, "read");
    const kept = await new RepoFileSystem(engine).readFile("/kept");
    if (Buffer.compare(kept, pattern(60_000)) !== 0) throw new Error("another content");
    await engine.close();
    return "opened";
  } catch (error) {
    if (isRepoError(error)) return error.code;
    throw error;
  }
}

/** The header of `old` in the place of that of `image`. */
function withHeaderOf(image: DiskImage, old: DiskImage): DiskImage {
  return image.with(
    HEADER_COPY_OFFSETS.map((at) => ({
      kind: "header" as const,
      at,
      bytes: old.header.slice(at, at + HEADER_COPY_BYTES),
    })),
  );
}

/** A container with a file, that `mine` and `theirs` open, closed. */
async function prepared(seed: number, orderedWrites: boolean): Promise<DiskImage> {
  const disk = new SimulatedDisk({ seed, orderedWrites });
  const { engine, keys } = await openWith(
    new SimulatedDiskProvider().insert(NAME, disk),
    mine,
    "createNew",
  );
  await new RepoFileSystem(engine).writeFile("/kept", pattern(60_000));
  await keys.change({ type: "add", current: mine, credentials: [theirs] }, derive);
  await engine.close();
  return disk.durable;
}

interface Case {
  readonly title: string;
  readonly change: (container: OpenContainer) => Promise<unknown>;
  /** What opens before and after; anything else does not. */
  readonly before: readonly Name[];
  readonly after: readonly Name[];
}

function changing(change: Omit<KeyChange, "current">): Case["change"] {
  return ({ keys }) => keys.change({ ...change, current: mine }, derive);
}

const CASES: readonly Case[] = [
  {
    title: "a credential is replaced",
    change: changing({ type: "replace", credentials: [next] }),
    before: ["mine", "theirs"],
    after: ["theirs", "next"],
  },
  {
    title: "a credential is added",
    change: changing({ type: "add", credentials: [next] }),
    before: ["mine", "theirs"],
    after: ["mine", "theirs", "next"],
  },
  {
    title: "a credential is removed",
    change: async ({ keys }) => {
      const [, { id } = { id: "" }] = keys.list();
      await keys.change({ type: "remove", current: mine, credentials: [], id }, derive);
    },
    before: ["mine", "theirs"],
    after: ["mine"],
  },
  {
    title: "the master key is rotated",
    change: changing({ type: "rotate", credentials: [mine] }),
    before: ["mine", "theirs"],
    after: ["mine"],
  },
];

/** Several changes of the header one after the other, the last of which drops a key that the first header is under. */
const RESEALED: Case = {
  title: "the master key is rotated, and what it has sealed is sealed anew",
  change: async (container) => {
    await changing({ type: "rotate", credentials: [mine] })(container);
    const { engine, keys } = container;
    await new Resealing(engine, keys).finish(new AbortController().signal, () => undefined);
    expect(keys.generations).toEqual([2]);
  },
  before: ["mine", "theirs"],
  after: ["mine"],
};

async function openers(image: DiskImage): Promise<Name[]> {
  const found: Name[] = [];
  for (const name of ["mine", "theirs", "next"] as const)
    if ((await outcome(image, all[name])) === "opened") found.push(name);
  return found;
}

for (const { title, change, before, after } of [...CASES, RESEALED])
  test.each([false, true])(
    `26, 39: a crash while ${title} leaves the old or the new credentials working (ordered writes: %s)`,
    async (orderedWrites) => {
      for (const run of runs) {
        const seed = workloadSeed(run, 70_000);
        const old = await prepared(seed, orderedWrites);
        const disk = SimulatedDisk.fromImage(old, { seed, orderedWrites, record: true });
        const container = await openWith(new SimulatedDiskProvider().insert(NAME, disk), mine);
        await container.engine.sync();
        disk.log.acknowledged(0);
        await change(container);
        disk.log.acknowledged(1);

        const seen = { old: 0, new: 0 };
        const violations: string[] = [];
        let states = 0;
        for (const state of crashImages(disk.log, { seed, ...CRASHES })) {
          const { image, lastAcknowledged, describe } = state;
          // Opening and closing have crash tests of their own.
          if (lastAcknowledged < 0) continue;
          const found = await openers(image);
          const isOld = found.join() === before.join();
          const isNew = found.join() === after.join();
          if (!isOld && !isNew) violations.push(`${describe()}: opens with ${found.join()}`);
          if (lastAcknowledged === 1 && !isNew)
            violations.push(`${describe()}: acknowledged, and opens with ${found.join()}`);
          seen[isNew ? "new" : "old"]++;
          if (isNew && states++ % WHOLE_EVERY === 0)
            violations.push(...(await goesOn(image, old, after, lastAcknowledged === 1)));
        }
        console.log(
          `power loss: ${seen.old + seen.new} crash states while ${title}, ${violations.length} violations`,
        );
        expect(violations).toEqual([]);
        expect(seen.old).toBeGreaterThan(0);
        expect(seen.new).toBeGreaterThan(0);
      }
    },
  );

/** What an old header gets: under a key that is gone it does not even open the superblock that refuses it. */
const REFUSED: readonly string[] = ["ROLLBACK", "INTEGRITY"];

/** The container serves, is whole, and does not take the old header back. */
async function goesOn(
  image: DiskImage,
  old: DiskImage,
  after: readonly Name[],
  acknowledged: boolean,
): Promise<string[]> {
  const problems: string[] = [];
  const [name = "mine"] = after;
  if (acknowledged) {
    const code = await outcome(withHeaderOf(image, old), mine);
    if (!REFUSED.includes(code)) problems.push(`the old header is taken back: ${code}`);
  }
  const disk = SimulatedDisk.fromImage(image);
  const provider = new SimulatedDiskProvider().insert(NAME, disk);
  const { engine } = await openWith(provider, all[name]);
  // Nothing was written since, and yet the header that opened is the one that counts.
  const code = await outcome(withHeaderOf(disk.live, old), mine);
  if (!REFUSED.includes(code)) problems.push(`the old header is taken back after opening: ${code}`);
  const fs = new RepoFileSystem(engine);
  await fs.writeFile("/more", pattern(40_000));
  await fs.close();
  const reopened = await openWith(provider, all[name]);
  const again = new RepoFileSystem(reopened.engine);
  expectSame(await again.readFile("/more"), pattern(40_000));
  await judgeWhole({ engine: reopened.engine, fs: again });
  return problems;
}

for (const { title, change, after } of CASES)
  test(`26: a crash while an opening ends what a crash cut off, when ${title}`, async () => {
    for (const run of runs) {
      const seed = workloadSeed(run, 90_000);
      const disk = SimulatedDisk.fromImage(await prepared(seed, false), { seed });
      const container = await openWith(new SimulatedDiskProvider().insert(NAME, disk), mine);
      await container.engine.sync();
      const old = disk.durable;
      await change(container);
      const [, at] = HEADER_COPY_OFFSETS;
      const bytes = disk.durable.header.slice(at, at + HEADER_COPY_BYTES);
      // Copy B is there, copy A is not, and no superblock pins it.
      const cut = old.with([{ kind: "header", at, bytes }]);
      const recovering = SimulatedDisk.fromImage(cut, { seed, record: true });
      recovering.log.acknowledged(0);
      const name = after.includes("next") ? "next" : "mine";
      const opened = await openWith(
        new SimulatedDiskProvider().insert(NAME, recovering),
        all[name],
      );
      recovering.log.acknowledged(1);
      await opened.engine.close();
      let states = 0;
      for (const { image, lastAcknowledged, describe } of crashImages(recovering.log, {
        seed,
        ...CRASHES,
      })) {
        if (lastAcknowledged < 0) continue;
        // Whom the rotation dropped does not know the key that tells him so, until a superblock does.
        const found = (await openers(image)).filter(
          (one) => lastAcknowledged === 1 || after.includes(one),
        );
        expect([describe(), found]).toEqual([describe(), after]);
        states++;
      }
      expect(states).toBeGreaterThan(10);
    }
  });

test("26: a crash while an older master key is retired leaves a container that opens", async () => {
  for (const run of runs) {
    const seed = workloadSeed(run, 80_000);
    const old = await prepared(seed, false);
    const disk = SimulatedDisk.fromImage(old, { seed, record: true });
    const { engine, keys } = await openWith(new SimulatedDiskProvider().insert(NAME, disk), mine);
    await keys.change({ type: "rotate", current: mine, credentials: [mine] }, derive);
    await keys.change({ type: "rotate", current: mine, credentials: [mine] }, derive);
    // Generation 1 has sealed the data; 2 a superblock or two, which is why it stays as well until they are gone.
    for (let i = 0; i < 4; i++) await new RepoFileSystem(engine).writeFile("/f", pattern(100 + i));
    disk.log.acknowledged(0);
    expect(await keys.retireGenerations(new Set([1]))).toEqual([2]);
    let states = 0;
    for (const { image, lastAcknowledged, describe } of crashImages(disk.log, {
      seed,
      ...CRASHES,
    })) {
      if (lastAcknowledged < 0) continue;
      expect([describe(), await outcome(image, mine)]).toEqual([describe(), "opened"]);
      states++;
    }
    expect(states).toBeGreaterThan(20);
  }
});

test("a header copy is flushed before the other one is touched, and both before a superblock pins them", async () => {
  const disk = SimulatedDisk.fromImage(await prepared(1, false), { record: true });
  const container = await openWith(new SimulatedDiskProvider().insert(NAME, disk), mine);
  await container.engine.sync();
  const from = disk.log.events.length;
  await changing({ type: "add", credentials: [next] })(container);
  const order = disk.log.events.slice(from).flatMap((event): (string | number)[] => {
    if (event.kind === "flush") return ["flush"];
    if (event.kind !== "write") return [];
    return event.pieces.flatMap((piece) => (piece.kind === "header" ? [piece.at] : []));
  });
  const [copyA, copyB] = HEADER_COPY_OFFSETS;
  expect(order.slice(0, 4)).toEqual([copyB, "flush", copyA, "flush"]);
  const cells = order.slice(4).filter((one) => typeof one === "number");
  expect(cells).toHaveLength(1);
  expect(cells[0]).toBeGreaterThanOrEqual(131_072);
  expect(order.at(-1)).toBe("flush");
  await container.engine.close();
});
