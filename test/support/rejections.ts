/** Calls that must all fail the same way. */
import { expect } from "vitest";

/** Waits for all of them at once, so that none counts as unhandled meanwhile. */
export async function expectRejections(
  calls: readonly Promise<unknown>[],
  shape: Readonly<Record<string, unknown>>,
): Promise<void> {
  for (const outcome of await Promise.allSettled(calls)) {
    expect(outcome.status).toBe("rejected");
    expect(outcome).toHaveProperty("reason");
    expect("reason" in outcome ? outcome.reason : undefined).toMatchObject(shape);
  }
}
