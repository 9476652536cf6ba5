/**
 * Key derivation between two workers. It runs in a short-lived worker of this same script, which gives
 * its memory back and can be terminated; the port leads from there to the engine's worker directly, so
 * that derived bytes never pass through the page.
 */
import { AssertionFailed } from "../assert.js";
import { expose, transfer, wrap } from "comlink";
import { unshared } from "../codec/unshared.js";
import { deriveKey, type KeyDerivation } from "../crypto/kdf.js";
import type { DerivedKey, RemoteDerivation } from "./protocol.js";
import { encodeThrown, ForwardedError } from "./wire-errors.js";

const derivation: RemoteDerivation = {
  async derive(password, salt, cost) {
    try {
      const key = unshared(await deriveKey(password, salt, cost));
      return { key: transfer(key, [key.buffer]) };
    } catch (error) {
      return { thrown: encodeThrown(error) };
    } finally {
      password.fill(0);
    }
  },
};

/** Derives for whoever has the other end of `port`. */
export function serveDerivation(port: MessagePort): void {
  expose(derivation, port);
}

/** The key derivation at the other end of `port`. `abandoned` makes it reject without waiting for it. */
export function derivationAt(port: MessagePort, abandoned: AbortSignal): KeyDerivation {
  const remote = wrap<RemoteDerivation>(port);
  return async (password, salt, cost) => {
    const outcome = await orAborted<DerivedKey>(remote.derive(password, salt, cost), abandoned);
    if ("thrown" in outcome) throw new ForwardedError(outcome.thrown);
    return outcome.key;
  };
}

/** Where no password is to be expected. */
export function noDerivation(): Promise<never> {
  return Promise.reject(new AssertionFailed("BUG: a password comes with a derivation"));
}

export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(new DOMException("nobody waits any more", "AbortError"));
    };
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject);
  });
}
