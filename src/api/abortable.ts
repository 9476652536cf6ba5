/** AbortSignal for work that runs elsewhere: the caller stops waiting. */

/** Starts `work` and settles with it, or rejects before or while it runs: with the signal's own reason, or what `failure` says. */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
  failure: (signal: AbortSignal) => unknown = reasonOf,
): Promise<T> {
  if (signal === undefined) return work();
  if (signal.aborted) throw failure(signal);
  const done = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    const onAbort = (): void => {
      resolve();
    };
    signal.addEventListener("abort", onAbort, { signal: done.signal });
  });
  const givenUp = aborted.then(() => {
    throw failure(signal);
  });
  try {
    return await Promise.race([work(), givenUp]);
  } finally {
    done.abort();
  }
}

function reasonOf(signal: AbortSignal): unknown {
  return signal.reason;
}
