/** RepoKeys: the credentials of an open repo, and how they are changed. */
import { transfer } from "comlink";
import { assert } from "../assert.js";
import { isRepoError } from "../errors.js";
import type {
  KdfChoice,
  KeyChange,
  KeyChangeRequest,
  KeyChangeResult,
  KeyInfo,
  RemoteRepo,
  WireCredential,
} from "../worker/protocol.js";
import {
  checkedCredential,
  checkedPassword,
  checkedRawKey,
  checkedText,
  passkeyCredential,
  secretBuffers,
  wipeCredentials,
  type RepoCredential,
} from "./credential.js";
import type { Derivation } from "./derivation.js";
import { createPasskey } from "./webauthn.js";
import { checkedKdf } from "./open-options.js";

export type { KeyInfo } from "../worker/protocol.js";

/** What every change of keys takes. */
export interface KeyChangeOptions {
  /** A credential that opens the repo now: asked for again, for an open repo may be an unattended one. */
  readonly current: RepoCredential;
  /** Ends the prompt for a passkey. */
  readonly signal?: AbortSignal | undefined;
}

export interface PasswordOptions extends KeyChangeOptions {
  /** Cost of the key derivation. Default: that of the passwords there are, else `interactive`. */
  readonly kdf?: KdfChoice | undefined;
}

export interface PasskeyOptions extends KeyChangeOptions {
  /** What the authenticator shows the passkey as. Default: the repo's URI. */
  readonly name?: string | undefined;
}

export interface RecoveryKey extends KeyInfo {
  /** Eight groups of seven characters; told here and never again. */
  readonly recoveryKey: string;
}

/** Options of `repo.rotateMasterKey`. */
export interface RotationOptions extends KeyChangeOptions {
  /** Credentials that open the repo afterwards too. `current` is not among them unless it is named. */
  readonly keep: readonly RepoCredential[];
}

/** How key changes reach the worker. */
export interface KeyLink {
  readonly remote: RemoteRepo;
  /** A worker that derives keys; undefined where the other side sees to that. */
  readonly derivation: () => Derivation | undefined;
}

/** A change, of which the link makes a {@link KeyChange}. */
interface Wanted extends Pick<KeyChange, "type" | "kdf" | "id"> {
  readonly credentials?: readonly WireCredential[];
}

/**
 * The credentials of a repo, at most eight: each opens all of it. A change is durable when its call resolves, and
 * touches no data; a crash before that leaves the old credentials working or the new ones.
 *
 * Every change rejects with UNLOCK_FAILED if `current` opens nothing, with EROFS on a read-only repo, and with what a
 * commit rejects with; for passkeys, also as current ones, with PASSKEY_CANCELLED and PASSKEY_UNSUPPORTED. What adds a
 * credential rejects with EEXIST if that opens the repo already.
 *
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 *
 * export async function printRecoveryKey(repo: Repo, password: string): Promise<string> {
 *   const { recoveryKey } = await repo.keys.addRecoveryKey({ current: { password } });
 *   return recoveryKey;
 * }
 * ```
 */
export class RepoKeys {
  readonly #uri: string;
  readonly #link: KeyLink;
  #changes = 0;

  /** @internal */
  constructor(uri: string, link: KeyLink) {
    this.#uri = uri;
    this.#link = link;
  }

  /** The credentials there are, without anything secret. */
  async list(): Promise<readonly KeyInfo[]> {
    return this.#link.remote.listKeys();
  }

  /**
   * Adds a password. @throws EINVAL if all eight places are taken, or for a third cost of derivation;
   * KDF_TOO_WEAK, KDF_LIMIT; TypeError, RangeError
   */
  async addPassword(password: string | Uint8Array, options: PasswordOptions): Promise<KeyInfo> {
    const credentials = [{ password: checkedPassword(password) }];
    return this.#add({ credentials, kdf: checkedKdf(options.kdf) }, options);
  }

  /** Adds 32 bytes of full entropy. @throws EINVAL if all eight places are taken; TypeError, RangeError */
  async addRawKey(rawKey: Uint8Array, options: KeyChangeOptions): Promise<KeyInfo> {
    return this.#add({ credentials: [{ rawKey: checkedRawKey(rawKey) }] }, options);
  }

  /** Makes a recovery key for paper and returns it, this once. @throws EINVAL if all eight places are taken */
  async addRecoveryKey(options: KeyChangeOptions): Promise<RecoveryKey> {
    const { added, recoveryKey } = await this.change({ type: "addRecoveryKey" }, options);
    return { ...only(added), recoveryKey: String(recoveryKey) };
  }

  /**
   * Makes a passkey for this site, with the user's consent, and adds it. Some authenticators ask twice. Where it
   * was made but the repo could not be changed, it stays behind at the authenticator and opens nothing.
   *
   * @throws EINVAL if all eight places are taken; EEXIST if this authenticator has a passkey of the repo already;
   * PASSKEY_CANCELLED; PASSKEY_UNSUPPORTED for a browser or authenticator without the `prf` extension; the reason of
   * `options.signal`
   */
  async addPasskey(options: PasskeyOptions): Promise<KeyInfo> {
    const { name = this.#uri, signal } = options;
    checkedText(name, "name");
    const current = await this.#wire(options.current, signal);
    return wiping([current], async () => {
      // Before anybody is asked for a fingerprint.
      await this.#send({ type: "probe" }, current);
      const passkey = await createPasskey({ name, keys: await this.list(), signal });
      const credentials = [{ passkey }];
      const change = { type: "add", credentials } as const;
      return only((await wiping(credentials, () => this.#send(change, current))).added);
    });
  }

  /**
   * Removes the credential with this {@link KeyInfo.id}. Who has an old copy of the container still opens that
   * copy with it; `rotateMasterKey` keeps it from what is written later.
   *
   * @throws EINVAL if there is no such key, or if it is the last one
   */
  async remove(id: string, options: KeyChangeOptions): Promise<void> {
    await this.change({ type: "remove", id: checkedText(id, "id") }, options);
  }

  /** @internal */
  async change(wanted: Wanted, { current, signal }: KeyChangeOptions): Promise<KeyChangeResult> {
    return wiping(wanted.credentials ?? [], async () => {
      const known = await this.#wire(current, signal);
      return wiping([known], () => this.#send(wanted, known));
    });
  }

  /** @internal */
  async rotate({ current, keep, signal }: RotationOptions): Promise<KeyChangeResult> {
    // All of them before anybody is asked for a passkey. Who names the same object twice is asked once.
    const checked = keep.map((one) => (one === current ? undefined : checkedCredential(one)));
    const secrets: (RepoCredential | WireCredential)[] = checked.flatMap((one) => one ?? []);
    return wiping(secrets, async () => {
      const known = await this.#wire(current, signal);
      secrets.push(known);
      const credentials: WireCredential[] = [];
      // One after the other: each may be a prompt.
      for (const one of checked) credentials.push(one ? await this.#answered(one, signal) : known);
      secrets.push(...credentials);
      return this.#send({ type: "rotate", credentials }, known);
    });
  }

  async #add(wanted: Omit<Wanted, "type">, options: KeyChangeOptions): Promise<KeyInfo> {
    return only((await this.change({ ...wanted, type: "add" }, options)).added);
  }

  async #wire(given: RepoCredential, signal: AbortSignal | undefined): Promise<WireCredential> {
    return this.#answered(checkedCredential(given), signal);
  }

  async #answered(
    checked: RepoCredential,
    signal: AbortSignal | undefined,
  ): Promise<WireCredential> {
    if (!("passkey" in checked)) return checked;
    return passkeyCredential(checked, () => this.list(), signal);
  }

  /** Copies of the secrets travel, so that `current` can serve twice. */
  async #send(wanted: Wanted, current: WireCredential): Promise<KeyChangeResult> {
    const all = structuredClone([current, ...(wanted.credentials ?? [])]);
    const { remote } = this.#link;
    const derivation = all.some((one) => "password" in one) ? this.#link.derivation() : undefined;
    const [first = current, ...credentials] = all;
    const port = derivation?.port;
    const number = ++this.#changes;
    const change: KeyChangeRequest = {
      ...wanted,
      number,
      current: first,
      credentials,
      derivation: port,
    };
    // `current` may be among those to keep.
    const moved = new Set([...(port ? [port] : []), ...all.flatMap(secretBuffers)]);
    try {
      const changing = remote.changeKeys(transfer(change, [...moved]));
      return await (derivation ? Promise.race([changing, derivation.failure()]) : changing);
    } catch (error) {
      // The other side would wait for the derivation for ever.
      if (isRepoError(error, "WORKER_FAILED"))
        remote.abandonKeyChange(number).catch(() => undefined);
      throw error;
    } finally {
      derivation?.end();
    }
  }
}

/** Runs `work`, after which nothing secret is left of our copies of these. */
async function wiping<T>(
  credentials: readonly (RepoCredential | WireCredential)[],
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } finally {
    wipeCredentials(...credentials);
  }
}

function only(added: readonly KeyInfo[]): KeyInfo {
  const [one] = added;
  assert(one !== undefined, "a key was added");
  return one;
}
