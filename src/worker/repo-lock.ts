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

export interface LockRequest {
  readonly mode: LockMode;
  /** Takes the lock, exclusively, from whoever has it. */
  readonly force?: boolean | undefined;
  /** Called once if somebody else takes the lock by force. */
  readonly onLost?: (() => void) | undefined;
}

/** Takes the lock, waiting up to 5 s. Without Web Locks nothing is locked. @throws REPO_BUSY, BACKEND_UNAVAILABLE */
export function lockAcrossTabs(
  place: string,
  { mode, force = false, onLost }: LockRequest,
): Promise<Unlock> {
  if (!("locks" in navigator)) return Promise.resolve(() => undefined);
  const options: LockOptions = force
    ? { steal: true }
    : { mode, signal: AbortSignal.timeout(BUSY_WAIT_MS) };
  return new Promise((resolve, reject) => {
    let held = false;
    navigator.locks
      .request(`cofferfs/${place}`, options, () => {
        held = true;
        return new Promise<void>((unlock) => {
          resolve(unlock);
        });
      })
      .catch((cause: unknown) => {
        // A lock that was granted ends with an error only if it was stolen.
        if (held) onLost?.();
        const timedOut = isDomError(cause, "TimeoutError");
        reject(timedOut ? new RepoError("REPO_BUSY", { cause }) : storageError(cause));
      });
  });
}

/** The same for what only this worker can reach. */
export class WorkerLocks {
  readonly #held = new Map<string, LockRequest>();

  /** Takes the lock, waiting up to 5 s. @throws REPO_BUSY */
  lock(place: string, request: LockRequest): Promise<Unlock> {
    return waitWhileBusy(BUSY_WAIT_MS, async () => {
      const holder = this.#held.get(place);
      if (holder !== undefined && request.force !== true) return undefined;
      this.#held.set(place, request);
      holder?.onLost?.();
      return () => {
        if (this.#held.get(place) === request) this.#held.delete(place);
      };
    });
  }
}
