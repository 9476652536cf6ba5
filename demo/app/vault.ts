/**
 * A vault: what the demo calls a repo, with the address that a person chose for it. Passwords and other credentials
 * pass through here to the repo and are kept nowhere.
 */
import { destroyRepo, exportRepo, importRepo, openRepo, repoExists } from "cofferfs";
import type {
  AutoLockOptions,
  ImportOptions,
  OpenRepoOptions,
  Repo,
  RepoCredential,
  RepoEvent,
  TransferOptions,
} from "cofferfs";
import { autoLockOptions } from "./auto-lock.js";

/** `local` is OPFS where its synchronous handles work, else IndexedDB. */
export type Storage = "local" | "opfs" | "idb";

export const STORAGE_LABELS: Readonly<Record<Storage, string>> = {
  local: "Automatic",
  opfs: "OPFS",
  idb: "IndexedDB",
};

export interface VaultAddress {
  readonly name: string;
  readonly storage: Storage;
}

export type KdfPreset = "interactive" | "moderate" | "sensitive";

export interface NewVaultOptions {
  readonly kdf: KdfPreset;
  readonly cipher: "aes-256-gcm" | "xchacha20-poly1305";
  /** How many versions of each file are kept, the present one included: 1–255. */
  readonly versionLimit: number;
}

/** Told whenever the content of folders has changed, or of all there are. */
export type ChangeListener = (folders: ReadonlySet<string> | "all") => void;

export class Vault {
  readonly address: VaultAddress;
  readonly repo: Repo;
  /** What the repo says beside the results of calls, from before it was open on. */
  readonly events: VaultEvents;
  /** When it locks by itself, as it was opened. */
  readonly autoLock: AutoLockOptions | undefined;
  readonly #listeners = new Set<ChangeListener>();

  constructor(
    address: VaultAddress,
    repo: Repo,
    events: VaultEvents,
    autoLock: AutoLockOptions | undefined,
  ) {
    this.address = address;
    this.repo = repo;
    this.events = events;
    this.autoLock = autoLock;
  }

  /** Returns the function that ends the subscription. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  reportChange(...folders: readonly string[]): void {
    this.#report(new Set(folders));
  }

  reportAllChanged(): void {
    this.#report("all");
  }

  /** Commits and forgets; the worker that holds the keys ends with it. */
  async lock(): Promise<void> {
    this.#listeners.clear();
    // One whose worker has died has nothing more to lock.
    if (!this.repo.closed) await this.repo.lock();
  }

  #report(folders: ReadonlySet<string> | "all"): void {
    for (const listener of this.#listeners) listener(folders);
  }
}

/** Keeps events until somebody listens: the first come while the repo is being opened. */
export class VaultEvents {
  #early: RepoEvent[] = [];
  #listener: ((event: RepoEvent) => void) | undefined;

  readonly note = (event: RepoEvent): void => {
    if (this.#listener === undefined) this.#early.push(event);
    else this.#listener(event);
  };

  listen(listener: (event: RepoEvent) => void): void {
    this.#listener = listener;
    for (const event of this.#early.splice(0)) listener(event);
  }
}

export async function createVault(
  address: VaultAddress,
  password: string,
  options: NewVaultOptions,
  signal: AbortSignal,
): Promise<Vault> {
  return open(address, { password, createNew: true, signal, ...options });
}

export async function unlockVault(
  address: VaultAddress,
  credential: RepoCredential,
  signal: AbortSignal,
): Promise<Vault> {
  return open(address, { ...credential, signal });
}

/** Unlocks a vault that was open before. */
export async function reopenVault(
  vault: Vault,
  credential: RepoCredential,
  signal: AbortSignal,
): Promise<Vault> {
  const { repo, address, autoLock } = vault;
  // One that died, or is to lock at another time than it was opened for, is opened anew.
  if (!repo.locked || autoLock !== autoLockOptions())
    return unlockVault(address, credential, signal);
  await repo.unlock(credential, { signal });
  return vault;
}

async function open(address: VaultAddress, options: OpenRepoOptions): Promise<Vault> {
  const events = new VaultEvents();
  const autoLock = autoLockOptions();
  const repo = await openRepo(uriOf(address), { ...options, autoLock, onEvent: events.note });
  return new Vault(address, repo, events, autoLock);
}

/** The sealed container of a vault that is not open. */
export function exportVault(
  address: VaultAddress,
  options: TransferOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return exportRepo(uriOf(address), options);
}

export function importVault(
  address: VaultAddress,
  stream: ReadableStream<Uint8Array>,
  options: ImportOptions,
): Promise<void> {
  return importRepo(uriOf(address), stream, options);
}

export function vaultExists(address: VaultAddress): Promise<boolean> {
  return repoExists(uriOf(address));
}

export function destroyVault(address: VaultAddress): Promise<void> {
  return destroyRepo(uriOf(address));
}

export function sameAddress(a: VaultAddress, b: VaultAddress): boolean {
  return a.name === b.name && a.storage === b.storage;
}

function uriOf({ storage, name }: VaultAddress): string {
  return `${storage}://${name}`;
}
