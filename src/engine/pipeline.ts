/**
 * Pipeline: the tasks of one repo that must not overlap (commits, drains, searches for room), one after
 * the other. A task that fails leaves an unknown state behind, so it poisons the repo: nothing runs
 * after it, and every later call is told so.
 */
import { isRepoError, RepoError } from "../errors.js";

/** Thrown by a task that has changed nothing yet: its caller gets `reason`, and nothing is poisoned. */
export class Refusal extends Error {
  readonly reason: unknown;

  constructor(reason: unknown) {
    super("refused");
    this.reason = reason;
  }
}

/** Runs the part of a task that only looks: whatever goes wrong there is a {@link Refusal}. */
export async function looking<T>(look: () => Promise<T>): Promise<T> {
  try {
    return await look();
  } catch (error) {
    throw new Refusal(error);
  }
}

export class Pipeline {
  /** The end of the last task. */
  #tail: Promise<void> = Promise.resolve();
  #poison: RepoError | undefined;
  #isTold = false;
  readonly #onPoison: (cause: unknown) => void;

  /** `onPoison` is called once, with what went wrong. */
  constructor(onPoison: (cause: unknown) => void) {
    this.#onPoison = onPoison;
  }

  get poisoned(): boolean {
    return this.#poison !== undefined;
  }

  /** Tells nobody: also what runs in the background asks, and what it throws there no call may ever hear of. */
  assertNotPoisoned(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  /** The same in a call, which fails with it. */
  assertNotPoisonedInCall(): void {
    this.noteTold();
    this.assertNotPoisoned();
  }

  /** A call is about to fail with what has poisoned the repo, if anything has. */
  noteTold(): void {
    this.#isTold ||= this.poisoned;
  }

  /** Tells of a poisoning if no call has been told so far. */
  assertToldOfPoison(): void {
    if (!this.#isTold) this.assertNotPoisonedInCall();
  }

  poison(cause: unknown): void {
    if (this.#poison !== undefined) return;
    // Who was overtaken knows the outcome: it is the other writer's now.
    this.#poison = isRepoError(cause, "STALE_WRITER")
      ? cause
      : new RepoError("REPO_POISONED", { cause });
    this.#onPoison(cause);
  }

  /** Runs `task` after all earlier ones. */
  run(task: () => Promise<void>): Promise<void> {
    const run = this.#tail.then(async () => {
      this.assertNotPoisoned();
      try {
        await task();
      } catch (error) {
        if (error instanceof Refusal) throw error.reason;
        this.poison(error);
        throw error;
      }
    });
    this.#tail = run.catch(() => undefined);
    return run;
  }

  /** Resolves when the tasks asked for so far have ended, well or not. */
  idle(): Promise<void> {
    return this.#tail;
  }
}
