/** Layout: how a writer lays content out, and what it does unless a file says otherwise. */
import type { Compressor } from "../codec/compressor.js";
import type { Chunking } from "../codec/fastcdc.js";

/** Sizes that decide how content is laid out. Not part of the format: a reader takes what it finds. */
export interface Layout {
  /** Content up to this size is kept in the inode. */
  readonly inlineBytes: number;
  /** Larger content is cut into chunks of at most this size, each sealed as one unit. */
  readonly unitBytes: number;
  readonly slotBytes: number;
  /** Versions that are kept of a file that does not say otherwise. */
  readonly versionLimit: number;
  /** Whether new files share equal content with others unless they say otherwise. */
  readonly dedup: boolean;
  /** How such files are cut into chunks. */
  readonly chunking: Chunking;
  /** What compresses frames; in a repo without compression there are no frames. */
  readonly compressor: Compressor | undefined;
}
