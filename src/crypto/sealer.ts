/**
 * The Sealer port: all that the engine knows of cryptography (docs/FORMAT.md §3). Implementations:
 * aes-gcm-sealer.ts and xchacha-sealer.ts beside this file.
 */

export const NONCE_BYTES = 24;
export const TAG_BYTES = 16;

/** Size of a superblock cell as stored: nonce ‖ ciphertext ‖ tag. */
export const CELL_BYTES = 16 * 1024;
/** Size of what a superblock cell seals. */
export const CELL_PAYLOAD_BYTES = CELL_BYTES - NONCE_BYTES - TAG_BYTES;

/** Long enough that no two contents of a repo share one by chance. */
export const FINGERPRINT_BYTES = 16;

/** What a sealed payload is; part of the associated data, and chooses the data or the metadata key. */
export const SEAL_KIND = { fileNode: 1, poolNode: 2, data: 3, cell: 4 } as const;
export type SlotKind = 1 | 2 | 3;

export interface Sealed {
  /** {@link NONCE_BYTES} long, never used before with this key. */
  readonly nonce: Uint8Array;
  /** {@link TAG_BYTES} long. */
  readonly tag: Uint8Array;
  /** As long as the plaintext; may be a view of a larger buffer. */
  readonly ciphertext: Uint8Array;
}

export interface Sealer {
  /** The generation of keys that `seal` uses now. */
  readonly keyGeneration: number;
  /** The generations of keys whose seals `open` and `openCell` open, newest first. */
  readonly generations: readonly number[];
  /** Seals `plaintext` (1 B – 1 MiB), which the caller may reuse once the promise resolves. */
  seal(kind: SlotKind, plaintext: Uint8Array): Promise<Sealed>;
  /**
   * Opens what `seal` made. If the buffer behind `ciphertext` has {@link TAG_BYTES} spare bytes after
   * it, they are overwritten to save a copy. Rejects with INTEGRITY if anything differs.
   */
  open(
    kind: SlotKind,
    keyGeneration: number,
    nonce: Uint8Array,
    tag: Uint8Array,
    ciphertext: Uint8Array,
  ): Promise<Uint8Array>;
  /** Seals a payload of {@link CELL_PAYLOAD_BYTES} as the superblock cell `index`; returns {@link CELL_BYTES}. */
  sealCell(index: number, payload: Uint8Array): Promise<Uint8Array>;
  /** The payload of cell `index`, or undefined if it does not authenticate. */
  openCell(index: number, cell: Uint8Array): Promise<Uint8Array | undefined>;
  /**
   * By what equal content is found: {@link FINGERPRINT_BYTES} of a MAC under a subkey of the generation that seals,
   * as a byte string.
   */
  fingerprint(content: Uint8Array): Promise<string>;
  /** Where content is cut, by the same generation (codec/fastcdc.ts). */
  gearTable(): Promise<Uint32Array>;
  /** Starts a new nonce epoch (after a suspend, say). */
  renewEpoch(): Promise<void>;
  /** Drops the keys and zeroes the bytes that are ours; later calls reject with REPO_LOCKED. */
  close(): void;
}
