/**
 * The turns in which tests with a store in memory move: everything that is ready runs within microtasks,
 * so what is not done at the next macrotask waits for something.
 */

/** Lets so many microtask turns pass. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** Lets everything that is ready to run do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Tells at any turn whether `work` has ended by then, well or not. */
export function follow(work: Promise<unknown>): { readonly hasEnded: boolean } {
  const state = { hasEnded: false };
  const end = (): void => {
    state.hasEnded = true;
  };
  work.then(end, end);
  return state;
}

/** Whether `work` has not ended though everything that is ready has run. */
export async function isWaiting(work: Promise<unknown>): Promise<boolean> {
  const state = follow(work);
  await settle();
  return !state.hasEnded;
}
