/** What can be said of a container by its header area alone, without a key (docs/FORMAT.md §2.2, §8). */
import { equalBytes } from "../codec/bytes.js";
import { HEADER_COPY_BYTES, HEADER_COPY_OFFSETS, parseHeader } from "../crypto/header.js";
import type { Header } from "../crypto/header.js";
import { RepoError } from "../errors.js";

export interface PublicHeader {
  /** Of the newest copy that is readable; nothing of it is authenticated. */
  readonly header: Header;
  /** Both copies, one that is not readable replaced by the other. */
  readonly copies: readonly [Uint8Array, Uint8Array];
  /** Indices of the copies that were readable. */
  readonly readable: readonly number[];
}

/**
 * @throws what parseHeader throws; INTEGRITY if the copies are of different containers, or of one whose
 * slots have two sizes
 */
export async function readPublicHeader(area: Uint8Array): Promise<PublicHeader> {
  const candidates = await parseHeader(area, crypto.subtle);
  const [newest] = candidates;
  if (newest === undefined) throw new RepoError("INTEGRITY");
  const { header, bytes } = newest;
  for (const { header: other } of candidates) {
    const same = equalBytes(other.containerId, header.containerId);
    if (!same || other.slotBytes !== header.slotBytes)
      throw new RepoError("INTEGRITY", { message: "the header copies contradict each other" });
  }
  const readable = candidates.flatMap(({ copies }) => copies);
  const copyOf = (copy: number): Uint8Array => {
    const at = HEADER_COPY_OFFSETS[copy] ?? 0;
    return readable.includes(copy) ? area.slice(at, at + HEADER_COPY_BYTES) : bytes;
  };
  return { header, copies: [copyOf(0), copyOf(1)], readable };
}
