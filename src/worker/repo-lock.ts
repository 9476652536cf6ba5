/**
 * The lock that makes a repo belong to one worker, over all tabs: a Web Lock named after its place. A
 * lock that a terminated worker still holds is waited for. It is a courtesy that saves waiting and
 * gives a clear error; what protects the data is the fence of each store.
 */
import { waitWhileBusy, BUSY_WAIT_MS } from "../backends/busy-wait.js";
import { isDomError, storageError } from "../backends/dom-errors.js";
import { RepoError } from "../errors.js";

export type Unlock = () => void;

/** Readers share a repo, a writer has it alone. */
export type LockMode = "exclusive" | "shared";

/** Takes the lock, waiting up to 5 s. Without Web Locks nothing is locked. @throws REPO_BUSY, BACKEND_UNAVAILABLE */
export function lockAcrossTabs(place: string, mode: LockMode): Promise<Unlock> {
  if (!("locks" in navigator)) return Promise.resolve(() => undefined);
  const signal = AbortSignal.timeout(BUSY_WAIT_MS);
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`cofferfs/${place}`, { mode, signal }, () => {
        return new Promise<void>((unlock) => {
          resolve(unlock);
        });
      })
      .catch((cause: unknown) => {
        const timedOut = isDomError(cause, "TimeoutError");
        reject(timedOut ? new RepoError("REPO_BUSY", { cause }) : storageError(cause));
      });
  });
}

/** The same for what only this worker can reach. */
export class WorkerLocks {
  readonly #held = new Set<string>();

  /** Takes the lock, waiting up to 5 s. @throws REPO_BUSY */
  lock(place: string): Promise<Unlock> {
    return waitWhileBusy(BUSY_WAIT_MS, async () => {
      if (this.#held.has(place)) return undefined;
      this.#held.add(place);
      return () => this.#held.delete(place);
    });
  }
}
