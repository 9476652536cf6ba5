/**
 * A worker that is terminated from outside or by the browser dies without a word. It holds a Web Lock
 * for as long as it lives and tells the page its name; who gets that lock knows that the worker is gone.
 */
import type { Notice } from "./protocol.js";

export function announceLife(): void {
  if (!("locks" in navigator)) return;
  const aliveLock = `cofferfs-alive/${crypto.randomUUID()}`;
  const held = navigator.locks.request(aliveLock, () => {
    postMessage({ aliveLock } satisfies Notice);
    return new Promise<never>(() => undefined);
  });
  // Without the lock, the worker's own events are all that the page learns from.
  held.catch(() => undefined);
}
