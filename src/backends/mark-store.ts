/**
 * The MarkStore port: a few small records of an origin, by key, beside its containers (docs/FORMAT.md §9.1). They
 * are written without haste and without a promise: what is lost of them costs vigilance and no data.
 */
export interface MarkStore {
  /** The record, or undefined. Rejects if the storage cannot be asked. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Replaces the record. */
  write(key: string, record: Uint8Array): Promise<void>;
  /** The keys with that beginning. */
  keys(prefix: string): Promise<readonly string[]>;
  remove(key: string): Promise<void>;
}
