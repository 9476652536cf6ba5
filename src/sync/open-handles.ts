/** OpenHandles: the files that a worker has open, by the numbers that it knows them by. */
import { assertInteger } from "../api/validate.js";
import { RepoError } from "../errors.js";

interface OpenHandle {
  /** What the engine calls it. */
  readonly remote: number;
  /** Every write is on storage when it returns. */
  readonly synchronous: boolean;
}

/** What comes first on a system with standard streams. */
const FIRST = 3;

export class OpenHandles {
  readonly #open = new Map<number, OpenHandle>();
  #next = FIRST;

  add(handle: OpenHandle): number {
    const fd = this.#next++;
    this.#open.set(fd, handle);
    return fd;
  }

  /** @throws EBADF if it is closed */
  get(fd: number, syscall: string): OpenHandle {
    assertInteger(fd, "fd", 0, 0x7fff_ffff);
    const handle = this.#open.get(fd);
    if (handle === undefined) throw new RepoError("EBADF", { syscall });
    return handle;
  }

  /** What the number stood for. */
  take(fd: number): OpenHandle {
    const handle = this.get(fd, "close");
    this.#open.delete(fd);
    return handle;
  }
}
