/**
 * A vault: what the demo calls a repo, with the address that a person chose for it. The password passes
 * through here to `openRepo` and is kept nowhere.
 */
import { destroyRepo, openRepo, repoExists } from "cofferfs";
import type { Repo } from "cofferfs";

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
}

/** Told whenever the content of folders has changed. */
export type ChangeListener = (folders: ReadonlySet<string>) => void;

export class Vault {
  readonly address: VaultAddress;
  readonly repo: Repo;
  readonly #listeners = new Set<ChangeListener>();

  constructor(address: VaultAddress, repo: Repo) {
    this.address = address;
    this.repo = repo;
  }

  /** Returns the function that ends the subscription. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  reportChange(...folders: readonly string[]): void {
    const changed = new Set(folders);
    for (const listener of this.#listeners) listener(changed);
  }

  /** Commits, closes and forgets; the worker that holds the keys ends with it. */
  async close(): Promise<void> {
    this.#listeners.clear();
    await this.repo.close();
  }
}

export async function createVault(
  address: VaultAddress,
  password: string,
  options: NewVaultOptions,
  signal: AbortSignal,
): Promise<Vault> {
  const repo = await openRepo(uriOf(address), { password, createNew: true, signal, ...options });
  return new Vault(address, repo);
}

export async function unlockVault(
  address: VaultAddress,
  password: string,
  signal: AbortSignal,
): Promise<Vault> {
  return new Vault(address, await openRepo(uriOf(address), { password, signal }));
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
