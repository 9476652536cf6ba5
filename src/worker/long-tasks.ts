/** LongTasks: work of one repo that takes its time, by number; the page asks how far it is and may give it up. */
import { RepoError } from "../errors.js";
import { firstNumber } from "./open-files.js";
import type { Progress } from "./protocol.js";

interface LongTask {
  readonly controller: AbortController;
  readonly done: Promise<void>;
  progress: Progress | undefined;
  /** Wakes who waits for progress. */
  wake: () => void;
}

export class LongTasks {
  readonly #tasks = new Map<number, LongTask>();
  #next: number;

  /** A repo that is opened again by the same object of the page goes on counting elsewhere. */
  constructor(session = 0) {
    this.#next = 1 + firstNumber(session);
  }

  /** Begins; what it fails with is told by {@link follow}. */
  start(
    work: (signal: AbortSignal, onProgress: (done: number, total: number) => void) => Promise<void>,
  ): number {
    const controller = new AbortController();
    const onProgress = (done: number, total: number): void => {
      task.progress = { done, total };
      task.wake();
    };
    const task: LongTask = {
      controller,
      // Not on this stack: nobody follows it yet.
      done: Promise.resolve().then(() => work(controller.signal, onProgress)),
      progress: undefined,
      wake: () => undefined,
    };
    task.done.catch(() => undefined);
    const id = this.#next++;
    this.#tasks.set(id, task);
    return id;
  }

  /** The next news of how far it is, undefined at the end; rejects with what it failed with. @throws EBADF */
  async follow(id: number): Promise<Progress | undefined> {
    const task = this.#tasks.get(id);
    if (task === undefined) throw new RepoError("EBADF");
    const news = new Promise<void>((resolve) => (task.wake = resolve));
    if (task.progress === undefined) await Promise.race([news, task.done]);
    const { progress } = task;
    task.progress = undefined;
    if (progress === undefined) {
      this.#tasks.delete(id);
      await task.done;
    }
    return progress;
  }

  /** Gives the work up and waits until it has stopped. */
  async cancel(id: number): Promise<void> {
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    task?.controller.abort();
    await task?.done.catch(() => undefined);
  }

  async cancelAll(): Promise<void> {
    await Promise.all([...this.#tasks.keys()].map((id) => this.cancel(id)));
  }
}
