/** What a repo tells its user beside the results of calls. */
import { decodeError } from "./wire-errors.js";
import type { RemoteEvent } from "../worker/protocol.js";

/** Why a repo was locked: by `lock()`, or by one of the conditions of `autoLock`. */
export type LockReason = "call" | "idle" | "hidden" | "suspend";

export type RepoEvent =
  /** Opening passed over commits that the storage had confirmed and then lost, newest first. */
  | {
      readonly type: "recovered";
      readonly generation: number;
      readonly lostGenerations: readonly number[];
      /** Superblock cells (0–3) that do not open though they should; they may have held newer commits. */
      readonly damagedCells: readonly number[];
    }
  /** The container is new: for so long a power cut may take all of it away, though it was flushed. */
  | { readonly type: "settling"; readonly settlesInMs: number }
  /** Whether the browser keeps the storage when space runs short; if not, all of it can be evicted. */
  | { readonly type: "durability"; readonly persistent: boolean }
  /**
   * The repo is in an older state than the newest that is known to have been (`known`), and it was opened all the
   * same: because at most three commits are missing, which a storage that confirms early may lose, or because of
   * `acceptRollback`, whose reason `accepted` is. `generation` is 0 for a repo that was made in the place of a lost one.
   */
  | {
      readonly type: "rollback";
      readonly generation: number;
      readonly known: number;
      readonly accepted?: string | undefined;
    }
  /**
   * What this browser remembers at this address is not of this repo, or was damaged or forged. Whether the repo is in its
   * newest state, only an `anchor` can tell. It is replaced.
   */
  | { readonly type: "foreign-mark" }
  /** A commit failed; every later call rejects with REPO_POISONED until the repo is opened again. */
  | { readonly type: "poisoned"; readonly cause: Error }
  /** The repo was locked: by `lock()`, or by itself. */
  | { readonly type: "locked"; readonly reason: LockReason }
  | { readonly type: "unlocked" }
  /** The repo was closed, or its worker died: then `cause` says so. */
  | { readonly type: "closed"; readonly cause?: Error };

export function decodeEvent(event: Exclude<RemoteEvent, { type: "locked" }>): RepoEvent {
  return event.type === "poisoned" ? { ...event, cause: decodeError(event.cause) } : event;
}
