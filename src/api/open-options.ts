/** The options of openRepo, and the checked request that the worker gets of them. */
import type { Anchor, Cipher, Durability, KdfChoice, OpenRequest } from "../worker/protocol.js";
import { argumentError } from "./arguments.js";
import type { RepoEvent } from "./repo-event.js";
import type { WorkerFactory } from "./spawn.js";

/** Options of `openRepo`. Exactly one credential is needed. */
export interface OpenRepoOptions {
  /** 1–1024 bytes as UTF-8, normalised to NFKC. Bytes are copied; wipe yours when you like. */
  readonly password?: string | Uint8Array | undefined;
  /** 32 bytes of full entropy; no key derivation stands before it. */
  readonly rawKey?: Uint8Array | undefined;
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
  /** Gives up opening, also amid key derivation. */
  readonly signal?: AbortSignal | undefined;
  /** Called for what happens beside calls. */
  readonly onEvent?: ((event: RepoEvent) => void) | undefined;
}

const CIPHERS: readonly Cipher[] = ["aes-256-gcm", "xchacha20-poly1305"];
const DURABILITIES: readonly Durability[] = ["relaxed", "strict"];
const KDF_NAMES: readonly (KdfChoice & string)[] = ["interactive", "moderate", "sensitive"];

let openings = 0;

/** A repair opens a repo that exists, to be written. @throws TypeError for what no repo can be opened with */
export function openRequest(uri: string, options: OpenRepoOptions, repair = false): OpenRequest {
  if (typeof uri !== "string") throw argumentError("uri", "a string", uri);
  const { readOnly = false, create = false, createNew = false } = options;
  if (readOnly && (create || createNew))
    throw new TypeError("a repo is opened read-only or created, not both");
  const { anchor, expect, acceptRollback, force = false } = options;
  if (createNew && (anchor ?? expect) !== undefined)
    throw new TypeError("a new repo has no anchor and no expected id");
  if (expect !== undefined && !isHex(expect, 32))
    throw argumentError("expect", "a containerId", expect);
  if (acceptRollback !== undefined && (typeof acceptRollback !== "string" || acceptRollback === ""))
    throw argumentError("acceptRollback", "a reason", acceptRollback);
  const { cipher = "aes-256-gcm", durability = "relaxed", kdf = "interactive" } = options;
  if (!CIPHERS.includes(cipher)) throw argumentError("cipher", CIPHERS.join(" or "), cipher);
  if (!DURABILITIES.includes(durability))
    throw argumentError("durability", DURABILITIES.join(" or "), durability);
  if (typeof kdf !== "object" && !KDF_NAMES.includes(kdf))
    throw argumentError("kdf", KDF_NAMES.join(" or "), kdf);
  const { versionLimit = 1 } = options;
  if (!Number.isInteger(versionLimit) || versionLimit < 1 || versionLimit > 255)
    throw new RangeError("versionLimit is a whole number from 1 to 255");
  return {
    uri,
    opening: ++openings,
    versionLimit,
    credential: credentialOf(options),
    mode: repair ? "open" : createNew ? "createNew" : create ? "create" : "open",
    readOnly: readOnly && !repair,
    force,
    repair,
    anchor: anchor === undefined ? undefined : checkedAnchor(anchor),
    expect,
    acceptRollback,
    durability,
    cipher,
    kdf,
  };
}

/** @throws TypeError for what `repo.anchor()` has not made */
function checkedAnchor({ containerId, generation, tag }: Anchor): Anchor {
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

/** Buffers of the request that move to the worker, so that no copy of a secret stays here. */
export function secretBuffers({ credential }: OpenRequest): ArrayBufferLike[] {
  const secret = "password" in credential ? credential.password : credential.rawKey;
  return typeof secret === "string" ? [] : [secret.buffer];
}

function credentialOf({ password, rawKey }: OpenRepoOptions): OpenRequest["credential"] {
  if ((password === undefined) === (rawKey === undefined))
    throw new TypeError("a repo is opened with either a password or a rawKey");
  if (rawKey !== undefined) {
    if (!(rawKey instanceof Uint8Array)) throw argumentError("rawKey", "a Uint8Array", rawKey);
    return { rawKey: new Uint8Array(rawKey) };
  }
  if (typeof password === "string") return { password };
  if (password instanceof Uint8Array) return { password: new Uint8Array(password) };
  throw argumentError("password", "a string or a Uint8Array", password);
}
