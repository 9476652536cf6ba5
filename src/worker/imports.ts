/** Imports: those under way, by the numbers that the page knows them by. */
import { RepoError } from "../errors.js";
import type { ContainerImport } from "./container-import.js";

export class Imports {
  readonly #running = new Map<number, ContainerImport>();
  #last = 0;

  add(one: ContainerImport): number {
    const id = ++this.#last;
    this.#running.set(id, one);
    return id;
  }

  /** @throws EBADF if it was abandoned */
  get(id: number): ContainerImport {
    const one = this.#running.get(id);
    if (one === undefined) throw new RepoError("EBADF", { syscall: "import" });
    return one;
  }

  /** Forgets it, finished or not. */
  async abandon(id: number): Promise<void> {
    const one = this.#running.get(id);
    this.#running.delete(id);
    await one?.abandon();
  }
}
