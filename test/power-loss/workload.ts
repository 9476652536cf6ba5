/**
 * Workload: operations on a recorded disk, with the tree of each state that they lead to. The log says
 * which states a crash may show at each moment: those from the last one that was acknowledged as durable
 * to the last one that was asked for.
 */
import type { NewRepo } from "../../src/engine/options.js";
import { RepoError } from "../../src/errors.js";
import { createRepo, openRepo, testEnvironment } from "../support/repo.js";
import type { DiskImage } from "../simulated-disk/disk-image.js";
import type { DiskLog } from "../simulated-disk/disk-log.js";
import { SimulatedDisk } from "../simulated-disk/simulated-disk.js";
import {
  LARGE_BYTES,
  OPERATIONS,
  pattern,
  prepareTree,
  SNAPSHOT,
  type Step,
} from "./operations.js";
import type { SharedKeys } from "./shared-keys.js";
import { describeTree, type TreeDescription } from "./tree-description.js";

export type Durability = "strict" | "relaxed";

export interface WorkloadOptions {
  readonly seed: number;
  readonly durability: Durability;
  /** The prepared container. */
  readonly base: Base;
  readonly orderedWrites?: boolean;
  /** Names of {@link OPERATIONS}, with the set of victims of each. */
  readonly operations: readonly { readonly name: string; readonly turn: number }[];
}

export interface Recording {
  readonly title: string;
  readonly log: DiskLog;
  /** By number of the state; 0 is the prepared tree. */
  readonly states: readonly TreeDescription[];
  /** Index of the first event after the last operation but one was acknowledged, if that is of use alone. */
  readonly lastOperationFrom: number;
}

export interface Base {
  readonly name: string;
  readonly image: DiskImage;
}

/**
 * Prepared containers: fresh; with a long history, a snapshot and fragmented space; the same, left without a clean
 * close, with compression and shared content.
 */
export async function prepareBases(keys: SharedKeys): Promise<Base[]> {
  return [
    { name: "young", image: await prepare(keys, 0, true) },
    { name: "aged", image: await prepare(keys, 9, true) },
    { name: "not closed", image: await prepare(keys, 6, false, { compress: "lz4", dedup: true }) },
  ];
}

async function prepare(
  keys: SharedKeys,
  rounds: number,
  closes: boolean,
  settings: NewRepo = {},
): Promise<DiskImage> {
  keys.reseed(1000 + rounds);
  const disk = new SimulatedDisk({ seed: 5 });
  const { fs, engine } = await createRepo(
    disk.open("create"),
    keys,
    testEnvironment(rounds),
    {},
    settings,
  );
  await prepareTree(fs);
  await fs.sync();
  if (rounds > 0) {
    await engine.snapshots.take(SNAPSHOT);
    for (const turn of [0, 1])
      await fs.writeFile(`/d${turn}/other`, pattern(LARGE_BYTES, 50 + turn));
  }
  for (let round = 0; round < rounds; round++) {
    await fs.writeFile(`/filler${round}`, pattern(3000 + 2500 * (round % 4), round));
    await fs.sync();
    if (round % 3 !== 0) await fs.unlink(`/filler${round}`);
    if (round % 2 === 0) await fs.sync();
  }
  await fs.sync();
  if (closes) await fs.close();
  return disk.durable;
}

export async function record(keys: SharedKeys, options: WorkloadOptions): Promise<Recording> {
  const { seed, durability, base, orderedWrites = false } = options;
  keys.reseed(seed);
  const disk = SimulatedDisk.fromImage(base.image, {
    seed,
    record: true,
    orderedWrites,
    maxTurns: durability === "relaxed" ? 3 : 1,
  });
  const environment = testEnvironment(seed);
  const repo = await openRepo(disk.open(), keys, environment, { durability });
  const { fs } = repo;
  const states: TreeDescription[] = [await describeTree(repo)];
  const { log } = disk;
  log.submitted(0);
  log.acknowledged(0);
  const step: Step = async (call) => {
    environment.clock.nowMs += 1;
    log.submitted(states.length);
    await refusable(call);
    if (durability === "strict") log.acknowledged(states.length);
    states.push(await describeTree(repo));
  };
  let lastOperationFrom = 0;
  for (const { name, turn } of options.operations) {
    const operation = OPERATIONS[name];
    if (operation === undefined) throw new RangeError(`no operation ${name}`);
    if (durability === "strict") lastOperationFrom = log.events.length;
    await operation(repo, step, turn);
    // The commit of this operation runs while the next one comes in.
    environment.clock.advance(100);
  }
  await fs.sync();
  log.acknowledged(states.length - 1);
  await fs.close();
  return { title: titleOf(options), log, states, lastOperationFrom };
}

function titleOf({ seed, durability, base, orderedWrites, operations }: WorkloadOptions): string {
  const what = operations.map(({ name, turn }) => `${name} ${turn}`).join(", ");
  const order = orderedWrites === true ? ", ordered writes" : "";
  return `workload [${what}] on a repo ${base.name}, ${durability}${order}, seed ${seed}`;
}

/** An operation may meet what the one before it left; then it changes nothing. */
async function refusable(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (error instanceof RepoError && ["ENOENT", "EEXIST", "ENOTEMPTY"].includes(error.code))
      return;
    throw error;
  }
}
