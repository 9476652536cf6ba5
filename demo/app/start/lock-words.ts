/** Why a vault is locked, in plain words. */
import type { LockReason } from "cofferfs";

export function lockWords(name: string, reason: LockReason): string {
  switch (reason) {
    case "call":
      return `Vault ${name} is locked.`;
    case "idle":
      return `Vault ${name} has locked by itself: it was not used for a while.`;
    case "hidden":
      return `Vault ${name} has locked by itself: the page was hidden.`;
    case "suspend":
      return `Vault ${name} has locked by itself: this device was asleep.`;
  }
}
