/**
 * The key derivation of passwords: Argon2id 0x13 with one lane (docs/FORMAT.md §2.3). Invariant: a
 * cost is checked as plain integers before anything is allocated for it, whoever asks; there is no
 * way around the floor. Where it runs (a short-lived worker) is the caller's business, see
 * {@link KeyDerivation}.
 */
import { argon2id } from "hash-wasm";
import { RepoError } from "../errors.js";
import { unshared } from "../codec/unshared.js";
import { KEY_BYTES } from "./key-bytes.js";

/** What one derivation may use. Both integers below 2^32. */
export interface KdfCost {
  readonly memoryKiB: number;
  readonly passes: number;
}

/** Runs {@link deriveKey}, usually in a worker that is terminated afterwards. */
export type KeyDerivation = (
  password: Uint8Array,
  salt: Uint8Array,
  cost: KdfCost,
) => Promise<Uint8Array>;

export const KDF_PRESETS = {
  interactive: { memoryKiB: 64 * 1024, passes: 3 },
  moderate: { memoryKiB: 256 * 1024, passes: 3 },
  sensitive: { memoryKiB: 1024 * 1024, passes: 4 },
} as const satisfies Record<string, KdfCost>;

/** A preset, or libsodium's pair: passes, and memory in bytes (rounded down to KiB). */
export type KdfChoice =
  keyof typeof KDF_PRESETS | { readonly opsLimit: number; readonly memLimit: number };

export const KDF_SALT_BYTES = 16;
export const MAX_PASSWORD_BYTES = 1024;

const FLOOR: KdfCost = { memoryKiB: 19 * 1024, passes: 2 };
const CEILING: KdfCost = { memoryKiB: 1024 * 1024, passes: 16 };
/** 4 GiB·pass: about what `sensitive` takes, several seconds. */
const CEILING_KIB_PASSES = 4 * 1024 * 1024;
/** libsodium's bound on opsLimit. */
const MAX_UINT32 = 0xffff_ffff;

/** Refuses a cost outside floor and ceiling. @throws KDF_TOO_WEAK, KDF_LIMIT */
export function checkKdfCost(cost: KdfCost): void {
  const { memoryKiB, passes } = cost;
  if (!Number.isSafeInteger(memoryKiB) || !Number.isSafeInteger(passes))
    throw new RepoError("KDF_LIMIT");
  if (memoryKiB > CEILING.memoryKiB || passes > CEILING.passes) throw new RepoError("KDF_LIMIT");
  if (memoryKiB * passes > CEILING_KIB_PASSES) throw new RepoError("KDF_LIMIT");
  if (memoryKiB < FLOOR.memoryKiB || passes < FLOOR.passes) throw new RepoError("KDF_TOO_WEAK");
}

/** The checked cost behind a caller's choice. @throws KDF_TOO_WEAK, KDF_LIMIT */
export function kdfCost(choice: KdfChoice): KdfCost {
  const cost =
    typeof choice === "string"
      ? KDF_PRESETS[choice]
      : {
          memoryKiB: Math.floor(choice.memLimit / 1024),
          passes: Math.min(choice.opsLimit, MAX_UINT32),
        };
  checkKdfCost(cost);
  return cost;
}

/**
 * The bytes that are derived from: NFKC and UTF-8, so that one password typed on two systems is one
 * password. @throws RangeError unless it has 1–1024 bytes; TypeError for a lone surrogate, which UTF-8
 * cannot tell from another
 */
export function passwordBytes(password: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes =
    typeof password === "string" ? encodePassword(password) : unshared(password).slice();
  if (bytes.length < 1 || bytes.length > MAX_PASSWORD_BYTES)
    throw new RangeError(`a password has 1 to ${String(MAX_PASSWORD_BYTES)} bytes`);
  return bytes;
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function encodePassword(password: string): Uint8Array<ArrayBuffer> {
  if (LONE_SURROGATE.test(password)) throw new TypeError("the password is not well-formed Unicode");
  return unshared(new TextEncoder().encode(password.normalize("NFKC")));
}

/** 32 bytes from a password. @throws KDF_TOO_WEAK, KDF_LIMIT, and what {@link passwordBytes} throws */
export async function deriveKey(
  password: string | Uint8Array,
  salt: Uint8Array,
  cost: KdfCost,
): Promise<Uint8Array> {
  checkKdfCost(cost);
  const bytes = passwordBytes(password);
  try {
    return await argon2id({
      password: bytes,
      salt,
      iterations: cost.passes,
      memorySize: cost.memoryKiB,
      parallelism: 1,
      hashLength: KEY_BYTES,
      outputType: "binary",
    });
  } finally {
    bytes.fill(0);
  }
}
