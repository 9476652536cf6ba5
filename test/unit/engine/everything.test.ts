/**
 * Everything at once: writers with a directory each, who know what is in it, use every kind of change beside
 * each other, on large and small disks, while snapshots come and go and the repo is closed or loses power.
 */
import { expect, test } from "vitest";
import { isRepoError } from "../../../src/errors.js";
import { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import type { FileSystem } from "../../../src/vfs/file-system.js";
import { Prng } from "../../simulated-disk/prng.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { createRepo, openRepo, testEnvironment, type TestRepo } from "../../support/repo.js";
import { unsealedKeys } from "../../support/unsealed.js";
import { overlaid, resized } from "../../support/pattern.js";
import { expectWhole } from "../../support/whole.js";

const keys = unsealedKeys();

const SEEDS = Number(process.env["SLOW"] ?? 0) > 0 ? 200 : 16;
const WRITERS = 4;
const ROUNDS = 3;
const STEPS = 40;

const WORDS = ["coffer", "slot", "superblock", "extent", "anchor", "seal", "leaf"];

/** Content that compresses, is cut in the same places by everybody, and begins anywhere. */
function common(length: number, which: number): Uint8Array {
  const prng = new Prng(1000 + which);
  let text = "";
  while (text.length < length) text += `${prng.pick(WORDS)} ${prng.below(5000)} `;
  return Buffer.from(text.slice(0, length));
}

type Contents = Map<string, Uint8Array>;

/** A writer's directory as it believes it to be. */
class Writer {
  contents: Contents = new Map();
  readonly #directory: string;
  readonly #prng: Prng;
  readonly #scale: number;

  constructor(directory: string, prng: Prng, scale: number) {
    this.#directory = directory;
    this.#prng = prng;
    this.#scale = scale;
  }

  #path(name: string): string {
    return `${this.#directory}/${name}`;
  }

  async run(repo: TestRepo, steps: number): Promise<void> {
    for (let step = 0; step < steps; step++)
      try {
        if (this.#prng.chance(0.25)) await this.#transact(repo);
        else if (this.#prng.chance(0.2)) await this.#stage(repo.fs);
        else await this.#change(repo.fs, this.contents);
        if (this.#prng.chance(0.1)) await repo.fs.sync();
      } catch (error) {
        if (!isRepoError(error, "ENOSPC")) throw error;
        await this.#makeRoom(repo.fs);
      }
  }

  async #transact({ engine }: TestRepo): Promise<void> {
    const transaction = await engine.begin();
    const contents = new Map(this.contents);
    try {
      const fs = new RepoFileSystem(transaction);
      for (let i = 1 + this.#prng.below(5); i > 0; i--) await this.#change(fs, contents);
      if (this.#prng.chance(0.3)) return;
      await transaction.commit();
      this.contents = contents;
    } catch (error) {
      // The root directory is everybody's; what is below belongs to this writer alone.
      if (!isRepoError(error, "TRANSACTION_CONFLICT")) throw error;
    } finally {
      transaction.abort();
    }
  }

  /** Random bytes, or words that others write too. */
  #content(): Uint8Array {
    const prng = this.#prng;
    const length = prng.below(this.#scale);
    return prng.chance(0.5) ? prng.bytes(length) : common(length, prng.below(3));
  }

  /** A write in parts, finished or not, while everybody else goes on. */
  async #stage(fs: RepoFileSystem): Promise<void> {
    const prng = this.#prng;
    const name = `f${prng.below(6)}`;
    const append = prng.chance(0.3);
    const versionLimit = prng.pick([1, 3]);
    const flags = { write: true, create: true, append, versionLimit };
    const file = await fs.openStaged(this.#path(name), flags);
    const content = this.contents.get(name) ?? new Uint8Array(0);
    this.contents.set(name, content);
    const bytes = prng.bytes(prng.below(2 * this.#scale));
    const at = append ? content.length : prng.below(content.length + 3000);
    try {
      for (let from = 0; from < bytes.length || from === 0;) {
        const piece = bytes.slice(from, from + 1 + prng.below(1 + bytes.length));
        await file.write(piece, at);
        from += piece.length;
        if (piece.length === 0) break;
      }
      if (prng.chance(0.2)) return;
      await file.finish();
      if (bytes.length > 0) this.contents.set(name, overlaid(content, at, bytes));
    } finally {
      await file.close();
    }
  }

  /** One change of one file; `contents` is what is believed to be there, and afterwards what is. */
  async #change(fs: FileSystem, contents: Contents): Promise<void> {
    const prng = this.#prng;
    const name = `f${prng.below(6)}`;
    const other = `f${prng.below(6)}`;
    const content = contents.get(name);
    const bytes = this.#content();
    if (content === undefined) {
      const versionLimit = prng.pick([0, 0, 3]);
      const flags = { write: true, create: true, truncate: true, versionLimit };
      await fs.writeFile(this.#path(name), bytes, flags);
      contents.set(name, bytes);
      return;
    }
    const at = prng.below(content.length + 3000);
    switch (prng.below(9)) {
      case 0:
        await fs.unlink(this.#path(name));
        contents.delete(name);
        return;
      case 1:
        await fs.truncate(this.#path(name), at);
        contents.set(name, resized(content, at));
        return;
      case 2:
        await fs.writeFile(this.#path(name), bytes, { write: true, append: true });
        contents.set(name, overlaid(content, content.length, bytes));
        return;
      case 3:
        await fs.copyFile(this.#path(name), this.#path(other));
        contents.set(other, content);
        return;
      case 4:
        await fs.rename(this.#path(name), this.#path(other));
        contents.delete(name);
        contents.set(other, content);
        return;
      case 5:
        await fs.writeFile(this.#path(name), bytes);
        contents.set(name, bytes);
        return;
      case 6:
        await this.#expectFile(fs, name, content);
        return;
      default:
        await this.#writeHere(fs, contents, name, at, bytes);
    }
  }

  /** Through a handle, in pieces, perhaps of a file that has no name any more. */
  async #writeHere(
    fs: FileSystem,
    contents: Contents,
    name: string,
    at: number,
    bytes: Uint8Array,
  ): Promise<void> {
    const prng = this.#prng;
    const handle = await fs.open(this.#path(name), { read: true, write: true });
    try {
      if (prng.chance(0.15)) {
        await fs.unlink(this.#path(name));
        contents.delete(name);
      }
      let now = contents.get(name);
      for (let from = 0; from < bytes.length;) {
        const piece = bytes.subarray(from, from + 1 + prng.below(9000));
        await handle.write(piece, at + from);
        from += piece.length;
        now &&= overlaid(now, at + from - piece.length, piece);
        if (now !== undefined) contents.set(name, now);
      }
      const into = new Uint8Array(bytes.length);
      await handle.read(into, at);
      expect(Buffer.compare(into, bytes), `what was written to ${name}`).toBe(0);
    } finally {
      await handle.close();
    }
  }

  /** What cannot be removed has gone already, or its removal did not fit. */
  async #makeRoom(fs: FileSystem): Promise<void> {
    for (const name of [...this.contents.keys()].slice(0, 3))
      try {
        await fs.unlink(this.#path(name));
        this.contents.delete(name);
      } catch (error) {
        if (!isRepoError(error, "ENOSPC")) throw error;
      }
  }

  async #expectFile(fs: FileSystem, name: string, content: Uint8Array): Promise<void> {
    const found = await fs.readFile(this.#path(name));
    expect(Buffer.compare(found, content), this.#path(name)).toBe(0);
  }

  async expectAll(fs: FileSystem, contents = this.contents): Promise<void> {
    const names = (await fs.readdir(this.#directory)).map(({ name }) => name);
    expect(names, this.#directory).toEqual([...contents.keys()].sort());
    for (const [name, content] of contents) await this.#expectFile(fs, name, content);
  }
}

test.each(Array.from({ length: SEEDS }, (_, seed) => seed + 1))(
  "every file is as its writer left it, the counts are exact, and nothing is poisoned (seed %i)",
  async (seed) => {
    const prng = new Prng(seed);
    const disk = new SimulatedDisk({ seed, maxTurns: 1 + prng.below(30) });
    const environment = testEnvironment(seed);
    const events: unknown[] = [];
    const options = {
      durability: prng.pick(["strict", "relaxed", "relaxed"] as const),
      unitBytes: prng.pick([4096, 8192, 32_768]),
      onEvent: (event: unknown) => events.push(event),
    };
    const compress = prng.pick(["no", "lz4", "zstd"] as const);
    const settings = {
      compress: compress === "no" ? undefined : compress,
      dedup: prng.chance(0.5),
    };
    const store = disk.open("create");
    let repo: TestRepo = await createRepo(store, keys, environment, options, settings);
    const scale = prng.pick([300, 6000, 60_000, 300_000]);
    if (prng.chance(0.5)) disk.maxSlots = 200 + prng.below(800);
    const writers = Array.from(
      { length: WRITERS },
      (_, i) => new Writer(`/w${i}`, prng.fork(`writer ${i}`), scale),
    );
    for (let i = 0; i < WRITERS; i++) await repo.fs.mkdir(`/w${i}`);
    const snapshots = new Map<string, Contents[]>();

    for (let round = 0; round < ROUNDS; round++) {
      const clock = setInterval(() => {
        environment.clock.advance(60);
      }, 1);
      try {
        const moving = prng.chance(0.6) ? moveBeside(repo, prng.chance(0.5)) : undefined;
        const snapshot = prng.chance(0.4) ? snapshotBeside(repo) : undefined;
        await Promise.all(writers.map((writer) => writer.run(repo, STEPS)));
        await Promise.all([moving, snapshot]);
      } finally {
        clearInterval(clock);
      }
      for (const writer of writers) await writer.expectAll(repo.fs);
      try {
        await repo.engine.snapshots.take(`s${round}`);
        snapshots.set(
          `s${round}`,
          writers.map(({ contents }) => new Map(contents)),
        );
      } catch (error) {
        if (!isRepoError(error, "ENOSPC")) throw error;
      }
      await expectWhole(repo);
      await expectSurvival(disk, writers, seed + round);
      await repo.fs.close();
      expect(events).toEqual([]);
      repo = await openRepo(disk.open(), keys, environment, options);
      for (const writer of writers) await writer.expectAll(repo.fs);
      await expectSnapshots(repo, writers, snapshots);
      const [oldest] = snapshots.keys();
      if (oldest !== undefined && prng.chance(0.5)) {
        await repo.engine.snapshots.remove(oldest);
        snapshots.delete(oldest);
      }
    }
    const [name] = snapshots.keys();
    if (name !== undefined) {
      await repo.engine.snapshots.restore(name);
      const restored = snapshots.get(name) ?? [];
      for (const [i, writer] of writers.entries()) await writer.expectAll(repo.fs, restored[i]);
      for (let i = 0; i < WRITERS; i++) await writeAfter(repo, `/w${i}/after`);
      await expectSnapshots(repo, writers, snapshots);
    }
    for (const left of snapshots.keys()) await repo.engine.snapshots.remove(left);
    await repo.engine.snapshots.freeAll();
    await expectWhole(repo);
    expect((await repo.engine.snapshots.list()).length).toBe(0);
    await repo.fs.close();
  },
  120_000,
);

/** Changes what a restored tree shares with its snapshot. */
async function writeAfter({ fs }: TestRepo, path: string): Promise<void> {
  try {
    for (let i = 0; i < 6; i++) {
      await fs.writeFile(path, new Uint8Array(500));
      await fs.sync();
    }
  } catch (error) {
    if (!isRepoError(error, "ENOSPC")) throw error;
  }
}

/** Compacts, or seals everything anew, as far as the writers leave room for it. */
async function moveBeside({ engine }: TestRepo, compact: boolean): Promise<void> {
  if (!compact) keys.rotate();
  try {
    await (compact ? engine.maintenance.compact() : engine.maintenance.reseal());
  } catch (error) {
    if (!isRepoError(error, "ENOSPC")) throw error;
  }
}

/** Comes and goes while others write, read or not. */
async function snapshotBeside({ engine }: TestRepo): Promise<void> {
  for (let i = 0; i < 4; i++)
    try {
      await engine.snapshots.take("beside");
      const fs = new RepoFileSystem(await engine.openSnapshot("beside"));
      for (const { name } of await fs.readdir("/")) await fs.readdir(`/${name}`);
      await fs.close();
      await engine.snapshots.remove("beside");
    } catch (error) {
      if (!isRepoError(error, "ENOSPC")) throw error;
      await engine.snapshots.remove("beside").catch(() => undefined);
    }
}

/** The power goes: what was synced by check() before is there. */
async function expectSurvival(
  disk: SimulatedDisk,
  writers: readonly Writer[],
  seed: number,
): Promise<void> {
  const crashed = await openRepo(SimulatedDisk.fromImage(disk.crash(seed)).open(), keys);
  for (const writer of writers) await writer.expectAll(crashed.fs);
  await expectWhole(crashed);
  await crashed.fs.close();
}

async function expectSnapshots(
  { engine }: TestRepo,
  writers: readonly Writer[],
  snapshots: ReadonlyMap<string, readonly Contents[]>,
): Promise<void> {
  for (const [name, contents] of snapshots) {
    const fs = new RepoFileSystem(await engine.openSnapshot(name));
    for (const [i, writer] of writers.entries()) await writer.expectAll(fs, contents[i]);
    await fs.close();
  }
}
