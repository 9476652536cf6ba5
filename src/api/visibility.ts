/** The last moment at which a page can be sure to run: when it is hidden or left. */

/** Calls `action` whenever the page goes; the returned function stops that. */
export function whenHidden(action: () => void): () => void {
  // There is no document where a worker is the "page".
  if (typeof document === "undefined") return () => undefined;
  const stopped = new AbortController();
  const { signal } = stopped;
  const onChange = (): void => {
    if (document.visibilityState === "hidden") action();
  };
  document.addEventListener("visibilitychange", onChange, { signal });
  addEventListener("pagehide", action, { signal });
  return () => {
    stopped.abort();
  };
}
