/**
 * What stands in clear at the head of a container (docs/FORMAT.md §2.2), read as anybody can: format,
 * cipher, slot size, cost of the key derivation, and which kinds of key slots are used.
 */

export interface PublicHeader {
  readonly magic: string;
  readonly format: number;
  readonly cipher: string;
  readonly slotBytes: number;
  readonly containerId: string;
  /** Changes of the header so far: new passwords and the like. */
  readonly headerGeneration: number;
  /** Undefined without a password slot. */
  readonly kdf:
    { readonly memoryKiB: number; readonly passes: number; readonly salt: string } | undefined;
  readonly keySlots: readonly string[];
}

const CIPHERS: Readonly<Record<number, string>> = { 1: "AES-256-GCM", 2: "XChaCha20-Poly1305" };
const KEY_SLOT_TYPES = ["unused", "password", "raw key", "recovery key", "passkey"] as const;
const KEY_SLOTS_AT = 1024;
const KEY_SLOT_BYTES = 512;
const KEY_SLOT_COUNT = 8;

export function readPublicHeader(header: Uint8Array<ArrayBuffer>): PublicHeader {
  const view = new DataView(header.buffer, header.byteOffset);
  const memoryKiB = view.getUint32(56, true);
  const passes = view.getUint32(60, true);
  return {
    magic: new TextDecoder().decode(header.subarray(0, 8)),
    format: view.getUint16(8, true),
    cipher: CIPHERS[view.getUint8(10)] ?? "unknown",
    slotBytes: 2 ** view.getUint8(11),
    containerId: hex(header.subarray(16, 32)),
    headerGeneration: Number(view.getBigUint64(32, true)),
    kdf: memoryKiB === 0 ? undefined : { memoryKiB, passes, salt: hex(header.subarray(40, 56)) },
    keySlots: Array.from({ length: KEY_SLOT_COUNT }, (_, index) => {
      const type = header[KEY_SLOTS_AT + index * KEY_SLOT_BYTES] ?? 0;
      return KEY_SLOT_TYPES[type] ?? "unknown";
    }),
  };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
