/**
 * Which vaults this browser has seen: names and kinds of storage in localStorage, in clear, and nothing
 * else. The names are no secret from who can read the storage: the containers are filed under them.
 */
import { sameAddress, STORAGE_LABELS, type Storage, type VaultAddress } from "../vault.js";

const KEY = "cofferfs-demo:vaults";

export function knownVaults(): VaultAddress[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(list) ? list.filter((entry) => isAddress(entry)) : [];
  } catch {
    // Damaged by hand or by another program: the list is a convenience, begin a new one.
    return [];
  }
}

export function rememberVault(address: VaultAddress): void {
  const others = knownVaults().filter((known) => !sameAddress(known, address));
  write([...others, address]);
}

export function forgetVault(address: VaultAddress): void {
  write(knownVaults().filter((known) => !sameAddress(known, address)));
}

function write(list: readonly VaultAddress[]): void {
  const sorted = list.toSorted((a, b) => a.name.localeCompare(b.name));
  localStorage.setItem(KEY, JSON.stringify(sorted.map(({ name, storage }) => ({ name, storage }))));
}

function isAddress(value: unknown): value is VaultAddress {
  if (typeof value !== "object" || value === null) return false;
  if (!("name" in value) || !("storage" in value)) return false;
  return typeof value.name === "string" && isStorage(value.storage);
}

export function isStorage(value: unknown): value is Storage {
  return typeof value === "string" && Object.hasOwn(STORAGE_LABELS, value);
}
