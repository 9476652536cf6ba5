/**
 * Staging: names for what is not to be seen yet, or not any more: a folder while it is copied, what is being replaced.
 * They are beside the target, so that a rename is all it takes. A crash may leave one, never half of a target.
 */
import { below, parentOf } from "./uri-paths.js";

const PREFIX = ".coffer-staging-";
const STAGED = new RegExp(`(?:^|/)${PREFIX.replace(".", "\\.")}[0-9a-z]{12}(?:/|$)`);
const ALPHABET = "0123456789abcdefghijklmnopqrstuv";
const RANDOM_CHARACTERS = 12;

/** Whether something was on its way there; nobody needs to know of that. */
export function isStaged(path: string): boolean {
  return STAGED.test(path);
}

export class Staging {
  /** In use now, by this provider. */
  readonly #names = new Set<string>();

  /** Runs `work` with a path beside `path` at which there is nothing. */
  async beside<T>(path: string, work: (staged: string) => Promise<T>): Promise<T> {
    const staged = below(parentOf(path), PREFIX + randomCharacters());
    this.#names.add(staged);
    try {
      return await work(staged);
    } finally {
      this.#names.delete(staged);
    }
  }

  isInUse(path: string): boolean {
    return this.#names.has(path);
  }
}

function randomCharacters(): string {
  const random = crypto.getRandomValues(new Uint8Array(RANDOM_CHARACTERS));
  return Array.from(random, (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join("");
}
