/** The change of a container's password (docs/FORMAT.md §2.2, "Writing"); no data slot is touched. */
import type { BlockStore } from "../backends/block-store.js";
import type { Credential } from "../crypto/credential.js";
import { parseHeader } from "../crypto/header.js";
import type { KdfChoice, KeyDerivation } from "../crypto/kdf.js";
import { replaceCredential } from "../crypto/edit-header.js";
import { unlock } from "../crypto/unlock.js";
import { storeHeader } from "../worker/store-header.js";
import { filePlace, type ContainerPath } from "./place.js";

export interface PasswordChange {
  readonly current: Credential;
  readonly next: Credential;
  /** Default: as before. */
  readonly kdf: KdfChoice | undefined;
  readonly derive: KeyDerivation;
}

/** Puts `next` in the place of the credential that is `current`. @throws UNLOCK_FAILED and what opening throws */
export async function changePassword(path: ContainerPath, change: PasswordChange): Promise<void> {
  const { provider, name } = filePlace(path);
  const store = await provider.open(name, "open");
  try {
    await changePasswordIn(store, change);
  } finally {
    await store.close();
  }
}

/** The same in a store that is open for writing. After a crash at any moment the old or the new one opens. */
export async function changePasswordIn(
  store: BlockStore,
  { current, next, kdf, derive }: PasswordChange,
): Promise<void> {
  const candidates = await parseHeader(await store.readHeader(), crypto.subtle);
  const genuine = await unlock(candidates, current, { derive });
  genuine.sealer.close();
  const context = { derive, ...(kdf !== undefined && { kdf }) };
  const { bytes } = await replaceCredential(genuine, current, next, context);
  await storeHeader(store, bytes);
}
