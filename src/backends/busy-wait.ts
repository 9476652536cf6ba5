/**
 * Waiting for a container that somebody else holds. A worker that was terminated can keep its
 * access handle and its Web Lock for over a second (Chromium 156, 2026), so "busy" is believed
 * only after a while.
 */
import { RepoError } from "../errors.js";

/** How long a busy container is waited for, in milliseconds. */
export const BUSY_WAIT_MS = 5000;
const FIRST_DELAY_MS = 10;
const MAX_DELAY_MS = 250;

/** Calls `attempt` until it gives something; REPO_BUSY after `waitMs` of pauses. */
export async function waitWhileBusy<T>(
  waitMs: number,
  attempt: () => Promise<T | undefined>,
): Promise<T> {
  let waitedMs = 0;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (waitedMs >= waitMs) throw new RepoError("REPO_BUSY");
    waitedMs += delayMs;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}
