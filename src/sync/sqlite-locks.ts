/**
 * FileLocks: SQLite's locks among the connections of one worker. Levels are SQLite's own: any number of readers, one of
 * whom may prepare to write (reserved); who wants to write waits for readers to go (pending) and is then alone.
 */

const NONE = 0;
const SHARED = 1;
const RESERVED = 2;
const PENDING = 3;
const EXCLUSIVE = 4;

/** One connection's lock on a file. */
export interface LockHolder {
  /** Raises the lock; false if others are in the way. */
  lock(level: number): boolean;
  /** Lowers it to a reader's, or to nothing. */
  unlock(level: number): void;
  /** Whether anybody means to write. */
  isReserved(): boolean;
}

export class FileLocks {
  /** Who holds a lock on a path, and which. */
  readonly #held = new Map<string, Map<LockHolder, number>>();

  holder(path: string): LockHolder {
    const levels = (): Map<LockHolder, number> =>
      this.#held.get(path) ?? new Map<LockHolder, number>();
    const highestOfOthers = (): number =>
      Math.max(NONE, ...[...levels()].map(([who, level]) => (who === holder ? NONE : level)));
    const set = (level: number): void => {
      const held = levels();
      if (level === NONE) held.delete(holder);
      else held.set(holder, level);
      if (held.size === 0) this.#held.delete(path);
      else this.#held.set(path, held);
    };
    const holder: LockHolder = {
      lock(level) {
        const mine = levels().get(holder) ?? NONE;
        if (mine >= level) return true;
        const others = highestOfOthers();
        if (others >= (level === SHARED ? PENDING : RESERVED)) return false;
        const isBlocked = level === EXCLUSIVE && others >= SHARED;
        // Pending: no new readers, until those who are there have gone.
        set(isBlocked ? PENDING : level);
        return !isBlocked;
      },
      unlock(level) {
        set(Math.min(level, levels().get(holder) ?? NONE));
      },
      isReserved: () => Math.max(NONE, ...levels().values()) >= RESERVED,
    };
    return holder;
  }
}
