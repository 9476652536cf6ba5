/** Zbox: the door of ZboxFS's JavaScript binding, over openRepo. */
import { argumentError } from "../api/arguments.js";
import { destroyRepo, openRepo, repoExists } from "../api/open-repo.js";
import type { OpenRepoOptions } from "../api/open-options.js";
import type { Repo } from "../api/repo.js";
import type { RepoEvent } from "../api/repo-event.js";
import type { WorkerFactory } from "../api/spawn.js";
import { RepoError } from "../errors.js";
import { ZboxRepo } from "./zbox-repo.js";

const LOG_LEVELS = ["off", "error", "warn", "info", "debug", "trace"] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export interface EnvOptions {
  /** What of the repos' events goes to the console. Default `warn`. */
  readonly logLevel?: LogLevel | undefined;
  /** Makes the workers, where the bundler does not find their script. */
  readonly worker?: WorkerFactory | undefined;
}

export interface ZboxOpeningOptions extends Pick<
  OpenRepoOptions,
  "create" | "createNew" | "readOnly" | "cipher" | "versionLimit" | "dedupChunk"
> {
  /** For a new repo; `true` is LZ4, as in ZboxFS. */
  readonly compress?: boolean | "lz4" | "zstd" | undefined;
  /** One of `Zbox.OpsLimit`, or a number of passes. For a new repo. */
  readonly opsLimit?: number | undefined;
  /** One of `Zbox.MemLimit`, or a number of bytes. For a new repo. */
  readonly memLimit?: number | undefined;
}

export interface ZboxOpening {
  readonly uri: string;
  readonly pwd: string;
  readonly opts?: ZboxOpeningOptions | undefined;
}

const MIB = 1024 * 1024;

/** How much each event matters to whoever reads the console. */
const EVENT_LEVELS = {
  poisoned: "error",
  recovered: "warn",
  settling: "info",
  durability: "info",
  rollback: "warn",
  "foreign-mark": "warn",
  locked: "info",
  unlocked: "info",
  closed: "debug",
} as const satisfies Record<RepoEvent["type"], LogLevel>;

/**
 * Code that was written for ZboxFS runs with this import and another `uri`. What differs is in the README, "Coming
 * from ZboxFS".
 *
 * @example
 * ```ts
 * import { Zbox } from "cofferfs/zbox";
 *
 * const zbox = new Zbox();
 * await zbox.initEnv({ logLevel: "debug" });
 * const repo = await zbox.openRepo({ uri: "opfs://demo", pwd: "secret", opts: { create: true } });
 * const file = await repo.createFile("/hello_world.txt");
 * await file.writeOnce("Hello, World!");
 * await file.seek({ from: Zbox.SeekFrom.Start, offset: 0 });
 * console.log(await file.readAllString());
 * await zbox.exit();
 * ```
 */
export class Zbox {
  /** From where `seek` counts. */
  static readonly SeekFrom = { Start: 0, End: 1, Current: 2 } as const;
  static readonly Cipher = { Xchacha: "xchacha20-poly1305", Aes: "aes-256-gcm" } as const;
  static readonly OpsLimit = { Interactive: 3, Moderate: 3, Sensitive: 4 } as const;
  static readonly MemLimit = {
    Interactive: 64 * MIB,
    Moderate: 256 * MIB,
    Sensitive: 1024 * MIB,
  } as const;

  #env: EnvOptions | undefined;
  readonly #repos = new Set<Repo>();

  /** Comes before everything else, and again after `exit`. @throws TypeError for another level */
  async initEnv(options: EnvOptions = {}): Promise<void> {
    const { logLevel = "warn" } = options;
    if (!LOG_LEVELS.includes(logLevel))
      throw argumentError("logLevel", LOG_LEVELS.join(" or "), logLevel);
    this.#env = options;
  }

  /**
   * Opens a repo as `openRepo` does.
   *
   * @throws EINVAL before `initEnv` and after `exit`; what `openRepo` throws
   */
  async openRepo({ uri, pwd, opts = {} }: ZboxOpening): Promise<ZboxRepo> {
    const { worker, logLevel = "warn" } = this.#ready();
    const { opsLimit, memLimit, compress, ...rest } = opts;
    const { OpsLimit, MemLimit } = Zbox;
    const repo = await openRepo(uri, {
      ...rest,
      compress: compress === true ? "lz4" : compress,
      password: pwd,
      kdf: {
        opsLimit: opsLimit ?? OpsLimit.Interactive,
        memLimit: memLimit ?? MemLimit.Interactive,
      },
      worker,
      onEvent: (event) => {
        log(event, uri, logLevel);
      },
    });
    for (const other of this.#repos) if (other.closed) this.#repos.delete(other);
    this.#repos.add(repo);
    return new ZboxRepo(repo);
  }

  async repoExists(uri: string): Promise<boolean> {
    return repoExists(uri, this.#ready());
  }

  async destroyRepo(uri: string): Promise<void> {
    return destroyRepo(uri, this.#ready());
  }

  /** Closes every repo that it has opened. */
  async exit(): Promise<void> {
    this.#env = undefined;
    await Promise.all([...this.#repos].map((repo) => repo.close()));
  }

  #ready(): EnvOptions {
    if (this.#env === undefined)
      throw new RepoError("EINVAL", { message: "call initEnv before anything else" });
    return this.#env;
  }
}

function log(event: RepoEvent, uri: string, most: LogLevel): void {
  const level = EVENT_LEVELS[event.type];
  if (LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(most))
    console[level](`cofferfs ${uri}`, event);
}
