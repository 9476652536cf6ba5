/**
 * KeyBytes: secret bytes in our own memory. Whoever holds one zeroes it when done. What the garbage
 * collector or the JIT copied meanwhile cannot be wiped; docs/SECURITY.md says so.
 */
import { RepoError } from "../errors.js";

/** Size of every symmetric key in this package. */
export const KEY_BYTES = 32;

export class KeyBytes implements Disposable {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #wiped = false;

  /** Takes over `bytes`: they are zeroed with this object, so the caller must not keep them. */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
  }

  /** The bytes themselves, not a copy; REPO_LOCKED once wiped, so that nobody seals under zeros. */
  get bytes(): Uint8Array<ArrayBuffer> {
    if (this.#wiped) throw new RepoError("REPO_LOCKED");
    return this.#bytes;
  }

  /** Zeroes the bytes. Idempotent. */
  wipe(): void {
    this.#wiped = true;
    this.#bytes.fill(0);
  }

  [Symbol.dispose](): void {
    this.wipe();
  }
}

/**
 * Calls `use` and wipes `key` once it has settled. `using` would say the same, but what it compiles to
 * throws on platforms without Symbol.dispose.
 */
export async function wiping<T>(key: KeyBytes, use: (key: KeyBytes) => Promise<T>): Promise<T> {
  try {
    return await use(key);
  } finally {
    key.wipe();
  }
}
