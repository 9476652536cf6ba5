/** How a header takes the place of the one before it (docs/format-header.md §2.2, "Writing"). */
import type { BlockStore } from "../backends/block-store.js";
import { equalBytes } from "../codec/bytes.js";
import { HEADER_COPY_BYTES, HEADER_COPY_OFFSETS } from "../crypto/header.js";
import { RepoError } from "../errors.js";

/** Writes both copies, durably; a crash at any moment leaves the old header or this one. @throws BACKEND_IO */
export async function storeHeader(store: BlockStore, bytes: Uint8Array): Promise<void> {
  const [copyA, copyB] = HEADER_COPY_OFFSETS;
  await storeCopy(store, copyB, bytes);
  await storeCopy(store, copyA, bytes);
}

/** The other copy is touched only when this one is known to be there. */
async function storeCopy(store: BlockStore, at: number, bytes: Uint8Array): Promise<void> {
  await store.writeHeader(at, bytes);
  await store.flush();
  const stored = (await store.readHeader()).subarray(at, at + HEADER_COPY_BYTES);
  if (!equalBytes(stored, bytes))
    throw new RepoError("BACKEND_IO", { message: "the header was not stored as it was written" });
}
