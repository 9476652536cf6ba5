/**
 * Assertions: broken invariants of this package, never bad input. A failed assertion means the
 * state in memory cannot be trusted, so whoever holds a repo poisons it (engine/engine.ts).
 */

export class AssertionFailed extends Error {
  override readonly name = "AssertionFailed";
}

/** Throws {@link AssertionFailed} with a message that begins "BUG:" unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(`BUG: ${message}`);
}
