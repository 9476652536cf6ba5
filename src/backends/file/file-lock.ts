/**
 * FileLock: who has a container file (docs/ARCHITECTURE.md, "Under Node"). A writer is alone: `<file>.lock`.
 * Readers share: `<file>.lock-<token>` each. Each announces itself first and looks for others then, so that of
 * two at least one sees the other. The file is complete from the moment that it is there, says whose it is, and is stale
 * once that process is gone.
 */
import { randomBytes } from "node:crypto";
import { link, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { RepoError } from "../../errors.js";
import { systemCode, unlessMissing } from "./file-errors.js";

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** Identity of the running system and start of the process in it; empty where the system does not tell. */
  readonly boot: string;
  readonly started: string;
  readonly token: string;
}

export type LockKind = "writer" | "reader";

/** Why a lock was not had. */
export interface Obstacle {
  readonly file: string;
  readonly owner: Owner | undefined;
}

/** Of file systems that have no hard links. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"];
/** Of folders in which nothing can be created. */
const NO_WRITING = ["EACCES", "EPERM", "EROFS"];

export class FileLock {
  readonly #file: string | undefined;
  readonly #token: string;

  private constructor(file: string | undefined, token: string) {
    this.#file = file;
    this.#token = token;
  }

  /** The lock of the container at `path`, or what stands in its way. A reader in a read-only folder does without. */
  static async acquire(path: string, kind: LockKind): Promise<FileLock | Obstacle> {
    const owner = await thisProcess();
    const writerFile = `${path}.lock`;
    const file = kind === "writer" ? writerFile : `${writerFile}-${owner.token}`;
    try {
      if (!(await announce(file, owner))) {
        const obstacle = await liveOwner(file);
        if (obstacle !== undefined || !(await takeOver(file, owner)))
          return obstacle ?? { file, owner: undefined };
      }
    } catch (error) {
      const isReadOnly = NO_WRITING.includes(systemCode(error) ?? "");
      if (kind === "reader" && isReadOnly) return new FileLock(undefined, owner.token);
      throw error;
    }
    const lock = new FileLock(file, owner.token);
    const obstacle =
      kind === "writer" ? await firstLive(await readerLocks(path)) : await liveOwner(writerFile);
    if (obstacle === undefined) return lock;
    await lock.release();
    return obstacle;
  }

  /** Whether nobody has taken the lock away. */
  async isHeld(): Promise<boolean> {
    if (this.#file === undefined) return true;
    return (await readOwner(this.#file))?.token === this.#token;
  }

  async release(): Promise<void> {
    const file = this.#file;
    if (file === undefined || !(await this.isHeld())) return;
    await unlessMissing(() => unlink(file));
  }
}

/** The error for a container that somebody else has. */
export function busyError({ file, owner }: Obstacle): RepoError {
  const who =
    owner === undefined ? "somebody" : `process ${owner.pid} on ${JSON.stringify(owner.host)}`;
  const message = `the container is in use by ${who}; if that is not so, remove ${file}`;
  return new RepoError("REPO_BUSY", { message });
}

/** Creates the lock file, whole at once; false if there is one. */
async function announce(file: string, owner: Owner): Promise<boolean> {
  const draft = `${file}~${owner.token}`;
  try {
    await writeNew(draft, owner);
    try {
      await link(draft, file);
    } catch (error) {
      const code = systemCode(error) ?? "";
      if (code === "EEXIST") return false;
      if (!NO_LINKS.includes(code)) throw error;
      return await writeNewUnlessThere(file, owner);
    }
    return true;
  } finally {
    await unlessMissing(() => unlink(draft)).catch(() => undefined);
  }
}

async function writeNewUnlessThere(file: string, owner: Owner): Promise<boolean> {
  try {
    await writeNew(file, owner);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

async function writeNew(file: string, owner: Owner): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(owner)}\n`);
  } finally {
    await handle.close();
  }
}

/**
 * Moves a stale lock away and announces itself. Somebody else may have been quicker: then what was moved is
 * his, alive, and is put back; and should he write meanwhile, his fence stops him.
 */
async function takeOver(file: string, owner: Owner): Promise<boolean> {
  const moved = `${file}~${owner.token}`;
  if ((await unlessMissing(() => rename(file, moved).then(() => true))) === undefined) return false;
  const caught = await liveOwner(moved);
  if (caught !== undefined) {
    await link(moved, file).catch(() => undefined);
    await unlink(moved);
    return false;
  }
  await unlink(moved);
  return announce(file, owner);
}

async function readerLocks(path: string): Promise<string[]> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.lock-`;
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(prefix) && !name.includes("~"))
    .map((name) => join(folder, name));
}

/** The first of these locks whose owner lives; those that are stale are removed. */
async function firstLive(files: readonly string[]): Promise<Obstacle | undefined> {
  for (const file of files) {
    const obstacle = await liveOwner(file);
    if (obstacle !== undefined) return obstacle;
    await unlessMissing(() => unlink(file));
  }
  return undefined;
}

/** Who holds the lock, unless nobody does or that process is gone. */
async function liveOwner(file: string): Promise<Obstacle | undefined> {
  const text = await unlessMissing(() => readFile(file, "utf8"));
  if (text === undefined) return undefined;
  const owner = parseOwner(text);
  return owner !== undefined && (await isGone(owner)) ? undefined : { file, owner };
}

async function readOwner(file: string): Promise<Owner | undefined> {
  const text = await unlessMissing(() => readFile(file, "utf8"));
  return text === undefined ? undefined : parseOwner(text);
}

/** Of a lock that does not say whose it is, nobody knows whether its owner lives. */
function parseOwner(text: string): Owner | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof Owner, unknown>> | null;
    const { host, pid, boot, started, token } = value ?? {};
    const isOwner =
      typeof host === "string" &&
      typeof pid === "number" &&
      Number.isInteger(pid) &&
      pid > 0 &&
      typeof boot === "string" &&
      typeof started === "string" &&
      typeof token === "string";
    return isOwner ? { host, pid, boot, started, token } : undefined;
  } catch {
    return undefined;
  }
}

/** Only of this host's processes can it be told. */
async function isGone(owner: Owner): Promise<boolean> {
  if (owner.host !== hostname()) return false;
  if (owner.boot !== (await bootId())) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return systemCode(error) === "ESRCH";
  }
  return owner.started !== "" && owner.started !== (await startOf(owner.pid));
}

async function thisProcess(): Promise<Owner> {
  return {
    host: hostname(),
    pid: process.pid,
    boot: await bootId(),
    started: await startOf(process.pid),
    token: randomBytes(8).toString("hex"),
  };
}

/** Linux tells; elsewhere a number that is used again keeps a stale lock alive, and the error names the file. */
async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "")).trim();
}

/** Field 22 of /proc/<pid>/stat (proc(5)), counted from behind the name, which may hold anything. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
