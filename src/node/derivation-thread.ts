/** The thread that derives one key from one password and ends (derivation.ts). */
import { parentPort, workerData } from "node:worker_threads";
import { unshared } from "../codec/unshared.js";
import { deriveKey, type KdfCost } from "../crypto/kdf.js";

/** What the thread is started with. */
export interface DerivationTask {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly cost: KdfCost;
}

const { password, salt, cost } = workerData as DerivationTask;
try {
  const key = unshared(await deriveKey(password, salt, cost));
  parentPort?.postMessage(key, [key.buffer]);
} finally {
  password.fill(0);
}
