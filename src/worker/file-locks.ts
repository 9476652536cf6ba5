/**
 * FileLocks: who has a file for himself, or shares it with his like, among those who ask. They are what the File System standard
 * says of handles; calls of `repo.fs` ask nobody.
 */
import { RepoError } from "../errors.js";
import type { LockMode } from "./protocol.js";

interface Lock {
  readonly ino: number;
  readonly mode: LockMode;
  /** Where the file was when it was locked, without symlinks. */
  readonly path: string;
}

export class FileLocks {
  readonly #held = new Set<Lock>();

  /** Locks a file until the result is called. Only an exclusive lock keeps its own kind out. @throws EBUSY */
  acquire(ino: number, path: string, mode: LockMode): () => void {
    for (const held of this.#held)
      if (held.ino === ino && (mode === "exclusive" || held.mode !== mode))
        throw new RepoError("EBUSY", { syscall: "open", path });
    const lock: Lock = { ino, mode, path };
    this.#held.add(lock);
    return () => {
      this.#held.delete(lock);
    };
  }

  /** @throws EBUSY if the entry at `path`, or anything below, is locked */
  assertFree(path: string, syscall: string): void {
    for (const held of this.#held)
      if (held.path === path || held.path.startsWith(`${path}/`))
        throw new RepoError("EBUSY", { syscall, path });
  }
}
