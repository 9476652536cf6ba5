/** The options of openRepo, and the checked request that the worker gets of them. */
import type { CompressorName } from "../codec/compression.js";
import type {
  Anchor,
  AutoLockOptions,
  Cipher,
  Durability,
  KdfChoice,
  OpenRequest,
  WireCredential,
} from "../worker/protocol.js";
import {
  argumentError,
  assertOptions,
  choiceError,
  rangeError,
  toBoolean,
  toVersionLimit,
} from "./arguments.js";
import type { CredentialOptions } from "./credential.js";
import type { RepoEvent } from "./repo-event.js";
import type { WorkerFactory } from "./spawn.js";

export type { AutoLockOptions } from "../worker/protocol.js";

/** Options of `openRepo`. Exactly one credential is needed. */
export interface OpenRepoOptions extends CredentialOptions {
  /** Creates the repo if there is none. */
  readonly create?: boolean | undefined;
  /** Creates the repo; REPO_EXISTS if there is one. */
  readonly createNew?: boolean | undefined;
  /** Nothing is written, not even on opening; changes reject with EROFS. */
  readonly readOnly?: boolean | undefined;
  /**
   * Takes the repo away from another tab or worker that has it open. To the repo that is a crash of the other: what it
   * had not made durable is lost, and all its calls reject with STALE_WRITER. REPO_BUSY if it does not let go.
   */
  readonly force?: boolean | undefined;
  /**
   * From `repo.anchor()`: an older state than that, or one that does not descend from it, is ROLLBACK, and nothing or another
   * repo in this place is REPO_MISSING, also with `create`.
   */
  readonly anchor?: Anchor | undefined;
  /** The `containerId` of `repo.info()`: nothing or another repo in this place is REPO_MISSING, also with `create`. */
  readonly expect?: string | undefined;
  /**
   * Goes on where ROLLBACK, a loss of commits, or REPO_MISSING for a repo that only this browser remembers would end it, and
   * remembers what is there as the newest state. The reason comes back in the event `rollback`.
   */
  readonly acceptRollback?: string | undefined;
  /** For a new repo. Default `aes-256-gcm`, which is native and keeps its keys non-extractable. */
  readonly cipher?: Cipher | undefined;
  /** Cost of the key derivation of a new repo's password. Default `interactive`: 64 MiB, 3 passes. */
  readonly kdf?: KdfChoice | undefined;
  /** For a new repo: versions that are kept of each file's content, the present one included. Default 1, at most 255. */
  readonly versionLimit?: number | undefined;
  /**
   * For a new repo: compresses content, `lz4` fast, `zstd` better. Default `false`: who can have content of his
   * choice stored beside secrets could learn of them by how much space that takes.
   */
  readonly compress?: false | CompressorName | undefined;
  /**
   * For a new repo: whether new files share equal content with others. Default `false`: who can have content of his
   * choice stored could learn by the space that takes whether it is there already.
   */
  readonly dedupChunk?: boolean | undefined;
  /**
   * `relaxed` (default): changes are durable within about 100 ms, and at `sync()`, `close()` and when the
   * page is hidden; a crash loses at most that window and tears nothing. `strict`: a call resolves when
   * its change is on storage.
   */
  readonly durability?: Durability | undefined;
  /**
   * Makes the workers, where the bundler does not find their script. A `mem://` repo keeps the worker that
   * it was made in.
   */
  readonly worker?: WorkerFactory | undefined;
  /** Locks the repo by itself. Default: never. */
  readonly autoLock?: AutoLockOptions | undefined;
  /** Gives up opening, also amid key derivation. */
  readonly signal?: AbortSignal | undefined;
  /** Called for what happens beside calls. */
  readonly onEvent?: ((event: RepoEvent) => void) | undefined;
}

const OPTIONS: Readonly<Record<keyof OpenRepoOptions, true>> = {
  password: true,
  rawKey: true,
  recoveryKey: true,
  passkey: true,
  create: true,
  createNew: true,
  readOnly: true,
  force: true,
  anchor: true,
  expect: true,
  acceptRollback: true,
  cipher: true,
  kdf: true,
  versionLimit: true,
  compress: true,
  dedupChunk: true,
  durability: true,
  worker: true,
  autoLock: true,
  signal: true,
  onEvent: true,
};
const AUTO_LOCK_OPTIONS: Readonly<Record<keyof AutoLockOptions, true>> = {
  idleMs: true,
  whenHidden: true,
  afterSuspend: true,
};
const CIPHERS: readonly Cipher[] = ["aes-256-gcm", "xchacha20-poly1305"];
const COMPRESSIONS: readonly (false | CompressorName)[] = [false, "lz4", "zstd"];
const DURABILITIES: readonly Durability[] = ["relaxed", "strict"];
const KDF_NAMES: readonly (KdfChoice & string)[] = ["interactive", "moderate", "sensitive"];

/** What is asked for, but for the credential, which may have to be fetched. */
export type OpenTarget = Omit<OpenRequest, "opening" | "credential">;

let openings = 0;

/** A repair opens a repo that exists, to be written. @throws TypeError for what no repo can be opened with */
export function openTarget(uri: string, options: OpenRepoOptions, repair = false): OpenTarget {
  if (typeof uri !== "string") throw argumentError("uri", "a string", uri);
  assertOptions(options, OPTIONS, "options");
  const readOnly = toBoolean(options.readOnly, "readOnly");
  const create = toBoolean(options.create, "create");
  const createNew = toBoolean(options.createNew, "createNew");
  if (readOnly && (create || createNew))
    throw new TypeError("a repo is opened read-only or created, not both");
  const { autoLock } = options;
  if (autoLock !== undefined) checkAutoLock(autoLock);
  const { anchor, expect, acceptRollback } = options;
  if (createNew && (anchor ?? expect) !== undefined)
    throw new TypeError("a new repo has no anchor and no expected id");
  if (expect !== undefined && !isHex(expect, 32))
    throw argumentError("expect", "a containerId", expect);
  if (acceptRollback !== undefined && (typeof acceptRollback !== "string" || acceptRollback === ""))
    throw argumentError("acceptRollback", "a reason", acceptRollback);
  const { cipher = "aes-256-gcm", durability = "relaxed", kdf = "interactive" } = options;
  if (!CIPHERS.includes(cipher)) throw choiceError("cipher", CIPHERS, cipher);
  if (!DURABILITIES.includes(durability)) throw choiceError("durability", DURABILITIES, durability);
  const { compress = false } = options;
  if (!COMPRESSIONS.includes(compress)) throw choiceError("compress", COMPRESSIONS, compress);
  if (createNew && options.passkey !== undefined)
    throw new TypeError("a passkey is added to a repo that is there");
  return {
    uri,
    versionLimit: toVersionLimit(options.versionLimit ?? 1),
    compress: compress === false ? undefined : compress,
    dedup: toBoolean(options.dedupChunk, "dedupChunk"),
    mode: repair ? "open" : createNew ? "createNew" : create ? "create" : "open",
    readOnly: readOnly && !repair,
    force: toBoolean(options.force, "force"),
    repair,
    anchor: anchor === undefined ? undefined : checkedAnchor(anchor),
    expect,
    acceptRollback,
    durability,
    autoLock,
    cipher,
    kdf: checkedKdf(kdf),
  };
}

/**
 * The request to open `target`; from the second `session` on, it is one that is known to exist, and that nobody is
 * displaced for.
 */
export function openRequest(
  target: OpenTarget,
  credential: WireCredential,
  session: number,
): OpenRequest {
  const isFirst = session === 0;
  const { mode, force = false } = target;
  return {
    ...target,
    mode: isFirst ? mode : "open",
    force: force && isFirst,
    credential,
    session,
    opening: ++openings,
  };
}

function checkAutoLock(autoLock: AutoLockOptions): void {
  assertOptions(autoLock, AUTO_LOCK_OPTIONS, "autoLock");
  const { idleMs = 1, whenHidden, afterSuspend } = autoLock;
  if (!(typeof idleMs === "number" && idleMs > 0))
    throw rangeError("autoLock.idleMs", "a number above 0", idleMs);
  toBoolean(whenHidden, "autoLock.whenHidden");
  toBoolean(afterSuspend, "autoLock.afterSuspend");
}

/** @throws TypeError for what `repo.anchor()` has not made */
function checkedAnchor(anchor: Anchor): Anchor {
  const { containerId, generation, tag } = anchor;
  if (
    isHex(containerId, 32) &&
    Number.isSafeInteger(generation) &&
    generation > 0 &&
    isHex(tag, 120)
  )
    return { containerId, generation, tag };
  throw new TypeError("anchor is not one of repo.anchor()");
}

function isHex(value: unknown, digits: number): boolean {
  return typeof value === "string" && value.length === digits && /^[0-9a-f]*$/.test(value);
}

/** How much is too much or too little, the worker knows. */
function isKdfChoice(kdf: unknown): boolean {
  if (typeof kdf !== "object" || kdf === null) return KDF_NAMES.some((name) => name === kdf);
  const { opsLimit, memLimit } = kdf as {
    readonly opsLimit?: unknown;
    readonly memLimit?: unknown;
  };
  return typeof opsLimit === "number" && typeof memLimit === "number";
}

/** @throws TypeError */
export function checkedKdf<T extends KdfChoice | undefined>(kdf: T): T {
  if (kdf !== undefined && !isKdfChoice(kdf))
    throw choiceError("kdf", [...KDF_NAMES, "{ opsLimit, memLimit }"], kdf);
  return kdf;
}
