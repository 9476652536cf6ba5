/**
 * CrashOracle: judges crash states. What opens must be one of the states that the moment allows, whole:
 * every path reads, check() finds nothing, live and free slots cover the container; and some of them
 * must also go on living: take another transaction, close, and open again.
 */
import { CELL_BYTES, type Sealer } from "../../src/crypto/sealer.js";
import type { EngineEvent } from "../../src/engine/options.js";
import { cellOffset } from "../../src/engine/ring.js";
import { decodeSuperblock, RING_CELLS, type Superblock } from "../../src/engine/superblock.js";
import { openRepo, testEnvironment, type TestRepo } from "../support/repo.js";
import { crashImages, type CrashOptions, type CrashState } from "../simulated-disk/crash-images.js";
import type { DiskImage } from "../simulated-disk/disk-image.js";
import type { DiskLog } from "../simulated-disk/disk-log.js";
import { SimulatedDisk } from "../simulated-disk/simulated-disk.js";
import { pattern } from "./operations.js";
import type { SharedKeys } from "./shared-keys.js";
import { describeTree, type TreeDescription } from "./tree-description.js";
import type { Recording } from "./workload.js";

/** After so many states one is made to go on. */
const GOES_ON_EVERY = 16;
/** Violations that are kept in words; more are only counted. */
const MOST_DESCRIBED = 4;

export interface JudgeOptions extends CrashOptions {
  /** Events before this one are another workload's business. */
  readonly from?: number;
  /** Every n-th state is also crashed while it recovers. */
  readonly crashRecoveryEvery?: number;
  /** Which states to judge; all by default. */
  readonly every?: number;
}

export class CrashOracle {
  states = 0;
  violations = 0;
  readonly described: string[] = [];
  readonly #keys: SharedKeys;

  constructor(keys: SharedKeys) {
    this.#keys = keys;
  }

  /** Judges the crash states of a recording. */
  async judge(recording: Recording, options: JudgeOptions): Promise<void> {
    const { from = 0, every = 1, crashRecoveryEvery = 0 } = options;
    let index = 0;
    for (const state of crashImages(recording.log, options)) {
      index++;
      if (state.event < from || (index + options.seed) % every !== 0) continue;
      const goesOn = this.states % GOES_ON_EVERY === 0;
      const recovers = crashRecoveryEvery > 0 && this.states % crashRecoveryEvery === 0;
      await this.#book(recording, state, async () => {
        const tree = await this.#judgeState(recording.states, state, options);
        if (goesOn) await this.#goOn(state.image, tree);
        if (recovers) await this.#crashRecovery(state.image, tree, options.seed + index);
      });
    }
  }

  async #book(recording: Recording, state: CrashState, judge: () => Promise<void>): Promise<void> {
    this.states++;
    try {
      await judge();
    } catch (error) {
      this.violations++;
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      if (this.described.length < MOST_DESCRIBED)
        this.described.push(`${recording.title}; ${state.describe()}:\n${reason}`);
    }
  }

  /** Opens the image as the next start would, and compares; returns the tree that it shows. */
  async #judgeState(
    states: readonly TreeDescription[],
    state: CrashState,
    { weakFlushes = 0 }: CrashOptions,
  ): Promise<TreeDescription> {
    const events: EngineEvent[] = [];
    const repo = await this.#open(state.image, events);
    // What was given up is freed from now on, in commits of their own.
    const opened = repo.engine.stats();
    const tree = await describeTree(repo);
    const least = weakFlushes > 0 ? 0 : Math.max(0, state.lastAcknowledged);
    const most = Math.max(0, state.lastSubmitted);
    if (!states.slice(least, most + 1).includes(tree))
      throw new Error(
        `the tree is none of the states ${least} to ${most}, but ${where(states, tree)}`,
      );
    if (weakFlushes === 0) {
      if (events.length > 0) throw new Error(`unexpected event ${JSON.stringify(events)}`);
      if (repo.engine.readOnly) throw new Error("opened read-only");
      assertFilled(state.image, opened.slots);
    } else {
      const newer = (await cells(state.image, await this.#keys.sealer())).filter(
        ({ generation }) => generation > opened.generation,
      );
      judgeLoss(repo, events, newer);
    }
    await judgeWhole(repo);
    return tree;
  }

  /** One more transaction, a clean close, and all of it is there. */
  async #goOn(image: DiskImage, tree: TreeDescription): Promise<void> {
    const disk = SimulatedDisk.fromImage(image);
    const after = await this.#changeAndClose(disk, tree);
    const reopened = await openRepo(disk.open(), this.#keys);
    if (reopened.engine.readOnly) throw new Error("read-only after a close");
    if ((await describeTree(reopened)) !== after)
      throw new Error("after another transaction and a close the tree is another");
    await judgeWhole(reopened);
    await assertNothingNameless(reopened, after);
  }

  async #changeAndClose(
    disk: SimulatedDisk,
    tree: TreeDescription,
    log?: DiskLog,
  ): Promise<TreeDescription> {
    log?.submitted(0);
    log?.acknowledged(0);
    const options = { acceptRollback: true };
    const repo = await openRepo(disk.open(), this.#keys, testEnvironment(), options);
    const { fs } = repo;
    if ((await describeTree(repo)) !== tree) throw new Error("opening again shows another tree");
    log?.submitted(1);
    await fs.writeFile("/after the crash", pattern(6000, 77));
    await fs.sync();
    log?.acknowledged(1);
    const after = await describeTree(repo);
    await fs.close();
    return after;
  }

  /** The power goes again, during recovery and the first commit after it. */
  async #crashRecovery(image: DiskImage, tree: TreeDescription, seed: number): Promise<void> {
    const disk = SimulatedDisk.fromImage(image, { seed, record: true });
    const after = await this.#changeAndClose(disk, tree, disk.log);
    const options = { seed, exhaustivePieces: 5, samples: 10, tornPieces: 1, tornHeaderBytes: 2 };
    for (const state of crashImages(disk.log, options)) {
      this.states++;
      try {
        await this.#judgeState([tree, after], state, options);
      } catch (error) {
        throw new Error(`then, during recovery, ${state.describe()}`, { cause: error });
      }
    }
  }

  async #open(image: DiskImage, events: EngineEvent[] = []): Promise<TestRepo> {
    const onEvent = (event: EngineEvent): unknown => events.push(event);
    const disk = SimulatedDisk.fromImage(image);
    return openRepo(disk.open(), this.#keys, testEnvironment(), { onEvent });
  }
}

/** Nothing is damaged, nothing is contradictory, and live and free slots are all there are. */
export async function judgeWhole({ engine }: TestRepo): Promise<void> {
  const report = await engine.check();
  const { damage, problems, liveSlots, freeSlots, slots } = report;
  if (!report.ok) throw new Error(`check: ${JSON.stringify({ damage, problems })}`);
  if (liveSlots + freeSlots !== slots) throw new Error(`check: ${JSON.stringify(report)}`);
  if (engine.stats().freeSlots !== freeSlots)
    throw new Error(`${engine.stats().freeSlots} slots count as free, ${freeSlots} are`);
}

/** No slot that counts as the container's still holds what the medium held before: it could be told from the others. */
function assertFilled(image: DiskImage, slots: number): void {
  for (let slot = 0; slot < slots; slot++)
    if (image.stored(slot) === undefined) throw new Error(`slot ${slot} was never written`);
}

/** What had no name when the repo was closed or the power went is gone after the next close. */
async function assertNothingNameless(repo: TestRepo, tree: TreeDescription): Promise<void> {
  const { files, directories, symlinks } = await repo.engine.check();
  const inos = tree.split("\n").map((line) => / (?:file|directory|symlink) (\d+) /.exec(line)?.[1]);
  const named = new Set(inos.filter((ino) => ino !== undefined));
  if (files + directories + symlinks !== named.size)
    throw new Error(`${files + directories + symlinks} inodes, ${named.size} of them named`);
}

/** Where a newer commit shows in the ring, passing over it is said, and without leave nothing is written. */
function judgeLoss(
  { engine }: TestRepo,
  events: readonly EngineEvent[],
  newer: readonly Superblock[],
): void {
  const recovered = events.find((event) => event.type === "recovered");
  if (newer.length > 0 && recovered === undefined)
    throw new Error("newer commits were passed over without an event");
  if (newer.length === 0 && recovered !== undefined)
    throw new Error("a loss is reported where nothing newer shows");
  const strict = newer.some((block) => block.strict);
  if (engine.readOnly !== strict)
    throw new Error(strict ? "a strict commit is lost, yet writable" : "read-only for no reason");
}

/** The superblocks that authenticate, in the order of their cells. */
export async function cells(image: DiskImage, sealer: Sealer): Promise<Superblock[]> {
  const found: Superblock[] = [];
  for (let index = 0; index < RING_CELLS; index++) {
    const at = cellOffset(index);
    const payload = await sealer.openCell(index, image.header.slice(at, at + CELL_BYTES));
    if (payload !== undefined) found.push(decodeSuperblock(payload));
  }
  return found;
}

function where(states: readonly TreeDescription[], tree: TreeDescription): string {
  const known = states.indexOf(tree);
  return known < 0 ? `none at all:\n${tree}` : `state ${known}`;
}
