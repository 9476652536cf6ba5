/**
 * Validators (RFC 9110, sections 8.8 and 13): what tells one state of a file from another, and what requests make of it. A state is
 * known by inode, size and ctime. ctime and not mtime, since every change of the content sets both, and mtime can be
 * set back by whoever wants to. It counts milliseconds: a state is told apart for good once its own is over.
 */

/** What `stat` tells of a file, as far as it matters here. */
export interface FileStats {
  readonly ino: number;
  readonly size: number;
  readonly ctimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

/** So long after a change the clocks of page and worker agree that it is over. */
const SETTLED_MS = 20;
/** A time that is further ahead is of a clock that has been put back since. */
const AHEAD_MS = 1000;

/** Whether whatever changes a file that was asked for at `askedMs` gives it another ctime. */
export function isSettled({ ctimeMs }: FileStats, askedMs: number): boolean {
  return ctimeMs + SETTLED_MS <= askedMs || ctimeMs > Date.now() + AHEAD_MS;
}

/** Waits until that is so of whoever asks from then on; a timer may come early. */
export async function settled(stats: FileStats): Promise<void> {
  for (let nowMs = Date.now(); !isSettled(stats, nowMs); nowMs = Date.now()) {
    const left = stats.ctimeMs + SETTLED_MS - nowMs;
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}

/** Equal for equal states, if they have settled. */
export function stateOf({ ino, size, ctimeMs }: FileStats): string {
  return [ino, size, ctimeMs].map((number) => number.toString(36)).join("-");
}

/** Weak for a state that has not settled: its bytes may change and the tag may not. */
export function entityTag(stats: FileStats, isStrong: boolean): string {
  return `${isStrong ? "" : "W/"}"${stateOf(stats)}"`;
}

/** The second of the last change, in milliseconds, not after now. */
export function lastModifiedMs({ ctimeMs }: FileStats): number {
  return Math.floor(Math.min(ctimeMs, Date.now()) / 1000) * 1000;
}

/** What a request's conditions come to, in the order that RFC 9110 gives them (13.2.2). */
export function failedCondition(
  headers: Headers,
  tag: string,
  modifiedMs: number,
): 304 | 412 | undefined {
  const ifMatch = headers.get("If-Match");
  const since = dateOf(headers.get("If-Unmodified-Since"));
  if (ifMatch !== null) {
    if (!matches(ifMatch, tag, sameStrong)) return 412;
  } else if (since !== undefined && modifiedMs > since) return 412;
  const ifNoneMatch = headers.get("If-None-Match");
  if (ifNoneMatch !== null) return matches(ifNoneMatch, tag, sameWeak) ? 304 : undefined;
  const modifiedSince = dateOf(headers.get("If-Modified-Since"));
  return modifiedSince !== undefined && modifiedMs <= modifiedSince ? 304 : undefined;
}

/**
 * Whether a range may be sent: there is no `If-Range`, or it is the strong tag of this state. A date never is enough, since a
 * file may change twice in a second.
 */
export function allowsRange(headers: Headers, tag: string): boolean {
  const condition = headers.get("If-Range");
  return condition === null || sameStrong(condition.trim(), tag);
}

const TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;

type Comparison = (given: string, tag: string) => boolean;

function matches(list: string, tag: string, same: Comparison): boolean {
  if (list.trim() === "*") return true;
  return (list.match(TAG) ?? []).some((given) => same(given, tag));
}

function sameStrong(given: string, tag: string): boolean {
  return given === tag && !tag.startsWith("W/");
}

function sameWeak(given: string, tag: string): boolean {
  return given.replace(/^W\//, "") === tag.replace(/^W\//, "");
}

/** A date that cannot be read is as good as none. */
function dateOf(header: string | null): number | undefined {
  const time = Date.parse(header ?? "");
  return Number.isNaN(time) ? undefined : time;
}
