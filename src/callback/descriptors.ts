/**
 * Descriptors: open files by number. A number is never given twice, so that who uses one that is closed meets EBADF and not the file of
 * somebody else.
 */
import { assertInteger } from "../api/validate.js";
import { RepoError } from "../errors.js";

/** What comes first on a system with standard streams. */
const FIRST = 3;
const MAX_FD = 0x7fff_ffff;

/** @throws as Node does, at once */
export function assertDescriptor(fd: unknown): asserts fd is number {
  assertInteger(fd, "fd", 0, MAX_FD);
}

/** Whether it can be one, in a place where a path can be as well. */
export function isDescriptor(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_FD;
}

export class Descriptors {
  readonly #handles = new Map<number, object>();
  #next = FIRST;

  add(handle: object): number {
    const fd = this.#next++;
    this.#handles.set(fd, handle);
    return fd;
  }

  /** @throws EBADF if it is closed, or was never open */
  get(fd: number, syscall: string): object {
    const handle = this.#handles.get(fd);
    if (handle === undefined) throw new RepoError("EBADF", { syscall });
    return handle;
  }

  /** What the number stood for. */
  take(fd: number): object {
    const handle = this.get(fd, "close");
    this.#handles.delete(fd);
    return handle;
  }
}
