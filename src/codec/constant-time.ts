/**
 * Comparisons whose time does not depend on where the bytes differ. For secrets and what is derived
 * from them; equalBytes in bytes.ts is faster and for everything else.
 */

/** Whether `a` and `b` hold the same bytes; takes the same time wherever they differ. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** Whether every byte is zero; takes the same time whatever the bytes are. */
export function allZero(bytes: Uint8Array): boolean {
  let seen = 0;
  for (const byte of bytes) seen |= byte;
  return seen === 0;
}
