/**
 * Pipeline: the tasks of one repo that must not overlap (commits, drains, searches for room), one after
 * the other. A task that fails leaves an unknown state behind, so it poisons the repo: nothing runs
 * after it, and every later call is told so.
 */
import { RepoError } from "../errors.js";

export class Pipeline {
  /** The end of the last task. */
  #tail: Promise<void> = Promise.resolve();
  #poison: RepoError | undefined;
  readonly #onPoison: (cause: unknown) => void;

  /** `onPoison` is called once, with what went wrong. */
  constructor(onPoison: (cause: unknown) => void) {
    this.#onPoison = onPoison;
  }

  get poisoned(): boolean {
    return this.#poison !== undefined;
  }

  assertNotPoisoned(): void {
    if (this.#poison !== undefined) throw this.#poison;
  }

  poison(cause: unknown): void {
    if (this.#poison !== undefined) return;
    this.#poison = new RepoError("REPO_POISONED", { cause });
    this.#onPoison(cause);
  }

  /** Runs `task` after all earlier ones. */
  run(task: () => Promise<void>): Promise<void> {
    const run = this.#tail.then(async () => {
      this.assertNotPoisoned();
      try {
        await task();
      } catch (error) {
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
