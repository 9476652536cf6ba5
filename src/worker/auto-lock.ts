/**
 * AutoLock: when a repo locks by itself. It runs where the keys are, so that no page that hangs or sleeps delays it.
 * Time is that of a clock nobody can set back; a worker that slept, with its machine or frozen by the browser, learns of it
 * at its first tick or call afterwards, and that call is refused.
 */

/** When a repo locks by itself. */
export interface AutoLockOptions {
  /** After so many milliseconds without a call under way. Default: never. */
  readonly idleMs?: number | undefined;
  /** When the page is hidden or left. Default false. */
  readonly whenHidden?: boolean | undefined;
  /**
   * On the first tick after the machine has slept, the page was frozen, or the clock was set forward: told by a
   * tick that comes two minutes late, or by ten seconds that the clock shows and the worker did not live through. Default true.
   */
  readonly afterSuspend?: boolean | undefined;
}

/** Times in milliseconds. */
export interface AutoLockClock {
  /** Never goes back. */
  readonly now: () => number;
  /** Goes on while the machine sleeps. */
  readonly wall: () => number;
  readonly setTimer: (delayMs: number, fire: () => void) => () => void;
}

const LONGEST_TICK_MS = 15_000;
/** Browsers let timers of hidden pages fire once a minute. */
const LATE_MS = 120_000;
const LEAP_MS = 10_000;

const platformClock: AutoLockClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  setTimer(delayMs, fire) {
    const timer: unknown = setTimeout(fire, delayMs);
    // Under Node a timer would keep the process alive.
    if (typeof timer === "object") (timer as { unref(): void }).unref();
    return () => {
      clearTimeout(timer as number);
    };
  },
};

export class AutoLock {
  readonly #idleMs: number;
  readonly #afterSuspend: boolean;
  readonly #clock: AutoLockClock;
  readonly #lock: (reason: "idle" | "suspend") => void;
  #busy = 0;
  #usedAt: number;
  #tick = { at: 0, wall: 0, delayMs: 0 };
  #cancelTimer: () => void = () => undefined;
  #ended = false;

  /** `lock` is called once, unless `end` was called before. */
  constructor(
    { idleMs = Infinity, afterSuspend = true }: AutoLockOptions,
    lock: (reason: "idle" | "suspend") => void,
    clock: AutoLockClock = platformClock,
  ) {
    this.#idleMs = idleMs;
    this.#afterSuspend = afterSuspend;
    this.#lock = lock;
    this.#clock = clock;
    this.#usedAt = clock.now();
    this.#wait();
  }

  end(): void {
    this.#ended = true;
    this.#cancelTimer();
  }

  /** Runs a call: as long as it runs the repo is not idle. One that comes too late is not run but `refuse`d. */
  async use<T>(call: () => Promise<T>, refuse: () => Error): Promise<T> {
    this.#check();
    if (this.#ended) throw refuse();
    this.#busy++;
    try {
      return await call();
    } finally {
      this.#busy--;
      this.#usedAt = this.#clock.now();
    }
  }

  #wait(): void {
    const delayMs = Math.min(LONGEST_TICK_MS, this.#leftMs);
    this.#tick = { at: this.#clock.now(), wall: this.#clock.wall(), delayMs };
    this.#cancelTimer = this.#clock.setTimer(delayMs, () => {
      this.#check();
      if (!this.#ended) this.#wait();
    });
  }

  /** Locks if it is time, which a timer may be late to say. */
  #check(): void {
    if (this.#ended) return;
    const slept = this.#afterSuspend && this.#hasSlept();
    if (!slept && this.#leftMs > 0) return;
    this.end();
    this.#lock(slept ? "suspend" : "idle");
  }

  get #leftMs(): number {
    return this.#busy > 0 ? this.#idleMs : this.#usedAt + this.#idleMs - this.#clock.now();
  }

  #hasSlept(): boolean {
    const { at, wall, delayMs } = this.#tick;
    const lived = this.#clock.now() - at;
    return lived - delayMs > LATE_MS || this.#clock.wall() - wall - lived > LEAP_MS;
  }
}
