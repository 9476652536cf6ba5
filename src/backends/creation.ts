/**
 * When a container counts as created (docs/FORMAT.md §1): a creator writes the two header copies
 * last, so a container whose copies are both all zero is the debris of an unfinished creation.
 * Every provider answers `exists` by this one rule.
 */

/** Offsets of the two header copies in the header area, and their size, in bytes. */
export const HEADER_COPY_OFFSETS = [0, 64 * 1024] as const;
export const HEADER_COPY_BYTES = 8 * 1024;

/** Whether a header area, or at least its part up to the end of the second copy, was finished. */
export function isFinished(headerArea: Uint8Array): boolean {
  return HEADER_COPY_OFFSETS.some((offset) =>
    headerArea.subarray(offset, offset + HEADER_COPY_BYTES).some((byte) => byte !== 0),
  );
}
