/** What the engine gets from outside besides the store and the sealer; the one door of time and randomness. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `fire` once after `delayMs`; the returned function cancels it. */
  setTimer(delayMs: number, fire: () => void): () => void;
}

export interface Environment {
  readonly clock: Clock;
  /** Resolves when the calls that have already arrived at this thread have been begun. */
  readonly arrivals: () => Promise<void>;
  /** Unpredictable bytes of any count. */
  readonly random: (bytes: number) => Uint8Array;
}
