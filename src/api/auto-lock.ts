/**
 * AutoLock: when a repo locks by itself. Time is that of a clock nobody can set back; a page that slept, with its
 * machine or frozen by the browser, learns of it at its first tick or call afterwards.
 */
import { rangeError } from "./arguments.js";
import { whenHidden } from "./visibility.js";

/** When a repo locks by itself. */
export interface AutoLockOptions {
  /** After so many milliseconds without a call under way. Default: never. */
  readonly idleMs?: number | undefined;
  /** When the page is hidden or left. Default false. */
  readonly whenHidden?: boolean | undefined;
  /**
   * On the first tick after the machine has slept, the page was frozen, or the clock was set forward. Default true. Told
   * by a tick that comes two minutes late, or by ten seconds that the clock shows and the page did not live through.
   */
  readonly afterSuspend?: boolean | undefined;
}

export type AutoLockReason = "idle" | "hidden" | "suspend";

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
  readonly #options: AutoLockOptions;
  readonly #lock: (reason: AutoLockReason) => void;
  readonly #clock: AutoLockClock;
  #busy = 0;
  #usedAt = 0;
  #tick = { at: 0, wall: 0, delayMs: 0 };
  #stop: () => void = () => undefined;
  #running = false;

  /** Begins with `start`. @throws RangeError */
  constructor(
    options: AutoLockOptions,
    lock: (reason: AutoLockReason) => void,
    clock: AutoLockClock = platformClock,
  ) {
    const { idleMs = Infinity } = options;
    if (!(typeof idleMs === "number" && idleMs > 0))
      throw rangeError("autoLock.idleMs", "a number above 0", idleMs);
    this.#options = options;
    this.#lock = lock;
    this.#clock = clock;
  }

  start(): void {
    this.#running = true;
    this.#usedAt = this.#clock.now();
    const unwatch = this.#options.whenHidden
      ? whenHidden(() => {
          this.#fire("hidden");
        })
      : undefined;
    let cancel: () => void = () => undefined;
    const tick = (): void => {
      if (this.check()) return;
      const delayMs = Math.min(LONGEST_TICK_MS, this.#leftMs());
      this.#tick = { at: this.#clock.now(), wall: this.#clock.wall(), delayMs };
      cancel = this.#clock.setTimer(delayMs, tick);
    };
    this.#stop = () => {
      cancel();
      unwatch?.();
    };
    this.#tick = { at: this.#clock.now(), wall: this.#clock.wall(), delayMs: 0 };
    tick();
  }

  stop(): void {
    this.#running = false;
    this.#stop();
  }

  /** A call has begun: as long as it runs the repo is not idle. */
  begin(): void {
    this.check();
    this.#busy++;
  }

  end(): void {
    this.#busy--;
    this.#usedAt = this.#clock.now();
  }

  /** Locks if it is time, which a timer may be late to say. */
  check(): boolean {
    if (!this.#running) return true;
    const { afterSuspend = true } = this.#options;
    if (afterSuspend && this.#hasSlept()) this.#fire("suspend");
    else if (this.#leftMs() <= 0) this.#fire("idle");
    return !this.#running;
  }

  #leftMs(): number {
    const { idleMs = Infinity } = this.#options;
    return this.#busy > 0 ? idleMs : this.#usedAt + idleMs - this.#clock.now();
  }

  #hasSlept(): boolean {
    const { at, wall, delayMs } = this.#tick;
    const lived = this.#clock.now() - at;
    return lived - delayMs > LATE_MS || this.#clock.wall() - wall - lived > LEAP_MS;
  }

  #fire(reason: AutoLockReason): void {
    this.stop();
    this.#lock(reason);
  }
}
