/**
 * Two sides of a comparison: Node's own fs below a temporary folder, which is the current directory, and repo.fs on a repo in
 * memory, whose current directory is its root. Both begin each case with the same tree.
 */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRepo, type Repo } from "../../../../src/index.js";
import { fakeWorkers } from "../../../support/fake-worker.js";
import { shown, type Outcome } from "./outcome.js";

export type Fs = Repo["fs"];

/** A path from the root, as this side has to write it. */
export type At = (path: string) => string;

/** What is done on both sides; what it resolves to and what it throws are compared, and the tree that it leaves. */
export interface Case {
  readonly name: string;
  readonly run: (fs: Fs, at: At) => unknown;
}

export interface Told {
  readonly outcome: Outcome;
  /** Every path with what there is to know of it but times and sizes of directories. */
  readonly tree: readonly string[];
}

const TEXT = "The quick brown fox jumps over the lazy dog.";
const LONG_AGO = 1_000_000_000;

/** One of everything: the names are what tables of cases are made of. */
async function plant(fs: Fs, at: At): Promise<void> {
  await fs.writeFile(at("/f"), TEXT, { mode: 0o644 });
  await fs.writeFile(at("/empty"), "", { mode: 0o600 });
  await fs.link(at("/f"), at("/hard"));
  await fs.mkdir(at("/d/y/z"), { recursive: true });
  await fs.mkdir(at("/e"));
  await fs.writeFile(at("/d/x"), "x");
  await fs.writeFile(at("/d/y/w"), "ww", { mode: 0o755 });
  await fs.symlink("f", at("/lf"));
  await fs.symlink("d", at("/ld"));
  await fs.symlink("../f", at("/d/up"));
  await fs.symlink("nowhere", at("/dangling"));
  await fs.symlink("loop", at("/loop"));
  for (const path of ["/f", "/d/x", "/d/y/w", "/empty"])
    await fs.utimes(at(path), LONG_AGO, LONG_AGO + 1);
}

abstract class Side {
  /** The planted tree, and what the last case has left, down to numbers of inodes and times of their last change. */
  #planted = "";
  #left = "nothing";

  abstract get fs(): Fs;
  abstract at(path: string): string;
  protected abstract cut(text: string): string;
  protected abstract plantAnew(): Promise<void>;
  abstract end(): Promise<void>;

  /**
   * Runs a case on the planted tree, which is planted anew if the last one has touched it; `through` what else leads to
   * the same files.
   */
  async run({ run }: Case, through = this.fs): Promise<Told> {
    if (this.#left !== this.#planted) {
      await this.plantAnew();
      this.#planted = (await this.#look()).marks;
    }
    const at: At = (path) => this.at(path);
    const cut = (text: string): string => this.cut(text);
    let outcome: Outcome;
    try {
      outcome = { result: shown(await run(through, at), cut) };
    } catch (thrown) {
      outcome = { thrown: shown(thrown, cut) };
    }
    const { lines, marks } = await this.#look();
    this.#left = marks;
    return { outcome, tree: lines };
  }

  async #look(): Promise<{ lines: string[]; marks: string }> {
    const lines: string[] = [];
    const marks: string[] = [];
    const walk = async (path: string): Promise<void> => {
      const { ino, ctimeMs } = await this.fs.lstat(this.at(path || "/"));
      marks.push(`${ino} ${ctimeMs}`);
      for (const name of (await this.fs.readdir(this.at(path || "/"))).sort()) {
        const child = `${path}/${name}`;
        const stats = await this.fs.lstat(this.at(child));
        const mode = stats.isSymbolicLink() ? "" : (stats.mode & 0o7777).toString(8);
        const owners = `${stats.uid}:${stats.gid}`;
        lines.push(
          `${child} ${mode} ${stats.nlink} ${owners} ${await this.#content(child, stats)}`,
        );
        if (stats.isDirectory()) await walk(child);
        else marks.push(`${stats.ino} ${stats.ctimeMs} ${stats.mtimeMs}`);
      }
    };
    await walk("");
    return { lines, marks: [...marks, ...lines].join("\n") };
  }

  async #content(path: string, stats: Awaited<ReturnType<Fs["lstat"]>>): Promise<string> {
    const at = this.at(path);
    if (stats.isDirectory()) return "directory";
    if (stats.isSymbolicLink()) return this.cut(await this.fs.readlink(at));
    return stats.size > 100_000
      ? `${stats.size} bytes`
      : JSON.stringify(await this.fs.readFile(at, "latin1"));
  }
}

/** A temporary folder of Linux. */
export class NodeSide extends Side {
  readonly fs = nodeFs as unknown as Fs;
  readonly #before = process.cwd();
  readonly #mask = process.umask(0);
  #root = "";

  private constructor() {
    super();
  }

  static async open(): Promise<NodeSide> {
    const side = new NodeSide();
    await side.plantAnew();
    return side;
  }

  protected async plantAnew(): Promise<void> {
    this.#drop();
    this.#root = realpathSync(mkdtempSync(join(tmpdir(), "cofferfs-")));
    process.chdir(this.#root);
    await plant(this.fs, (path) => this.at(path));
  }

  at(path: string): string {
    return path === "/" ? this.#root : this.#root + path;
  }

  protected cut(text: string): string {
    return text === this.#root ? "/" : text.replaceAll(this.#root, "");
  }

  #drop(): void {
    process.chdir(this.#before);
    if (this.#root !== "") rmSync(this.#root, { recursive: true, force: true });
  }

  async end(): Promise<void> {
    this.#drop();
    process.umask(this.#mask);
  }
}

/** A repo in memory. */
export class RepoSide extends Side {
  readonly repo: Repo;

  private constructor(repo: Repo) {
    super();
    this.repo = repo;
  }

  static async open(): Promise<RepoSide> {
    const { factory: worker } = fakeWorkers();
    const rawKey = new Uint8Array(32).fill(7);
    const repo = await openRepo("mem://node-fs", { rawKey, worker, createNew: true });
    await plant(repo.fs, (path) => path);
    await repo.snapshot("planted");
    return new RepoSide(repo);
  }

  get fs(): Fs {
    return this.repo.fs;
  }

  protected plantAnew(): Promise<void> {
    return this.repo.restore("planted");
  }

  at(path: string): string {
    return path;
  }

  protected cut(text: string): string {
    return text;
  }

  end(): Promise<void> {
    return this.repo.close();
  }
}
