/** The options of openRepo, and the checked request that the worker gets of them. */
import type { Cipher, Durability, KdfChoice, OpenRequest } from "../worker/protocol.js";
import { argumentError, toBoolean, toVersionLimit } from "./arguments.js";
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
  /** For a new repo. Default `aes-256-gcm`, which is native and keeps its keys non-extractable. */
  readonly cipher?: Cipher | undefined;
  /** Cost of the key derivation of a new repo's password. Default `interactive`: 64 MiB, 3 passes. */
  readonly kdf?: KdfChoice | undefined;
  /** For a new repo: versions that are kept of each file's content, the present one included. Default 1, at most 255. */
  readonly versionLimit?: number | undefined;
  /** For a new repo: whether new files share equal content with others unless they say otherwise. Default false. */
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
  /** Gives up opening, also amid key derivation. */
  readonly signal?: AbortSignal | undefined;
  /** Called for what happens beside calls. */
  readonly onEvent?: ((event: RepoEvent) => void) | undefined;
}

const CIPHERS: readonly Cipher[] = ["aes-256-gcm", "xchacha20-poly1305"];
const DURABILITIES: readonly Durability[] = ["relaxed", "strict"];
const KDF_NAMES: readonly (KdfChoice & string)[] = ["interactive", "moderate", "sensitive"];

let openings = 0;

/** @throws TypeError for what no repo can be opened with */
export function openRequest(uri: string, options: OpenRepoOptions): OpenRequest {
  if (typeof uri !== "string") throw argumentError("uri", "a string", uri);
  const readOnly = toBoolean(options.readOnly, "readOnly");
  const create = toBoolean(options.create, "create");
  const createNew = toBoolean(options.createNew, "createNew");
  if (readOnly && (create || createNew))
    throw new TypeError("a repo is opened read-only or created, not both");
  const { cipher = "aes-256-gcm", durability = "relaxed", kdf = "interactive" } = options;
  if (!CIPHERS.includes(cipher)) throw argumentError("cipher", CIPHERS.join(" or "), cipher);
  if (!DURABILITIES.includes(durability))
    throw argumentError("durability", DURABILITIES.join(" or "), durability);
  if (!isKdfChoice(kdf))
    throw argumentError("kdf", `${KDF_NAMES.join(" or ")} or { opsLimit, memLimit }`, kdf);
  return {
    uri,
    opening: ++openings,
    versionLimit: toVersionLimit(options.versionLimit ?? 1),
    dedupChunk: toBoolean(options.dedupChunk, "dedupChunk"),
    credential: credentialOf(options),
    mode: createNew ? "createNew" : create ? "create" : "open",
    readOnly,
    durability,
    cipher,
    kdf,
  };
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
