/**
 * The format of docs/FORMAT.md §2–3 once more, written from the document with node:crypto and nothing
 * of src/crypto, for suite 1. What both agree on is the format and not an accident of one of them.
 */
import { createCipheriv, createHash, createHmac, hkdfSync } from "node:crypto";

export interface SlotByHand {
  readonly type: number;
  readonly kdf?: number;
  readonly ikm: Buffer;
  readonly slotSalt: Buffer;
}

export interface HeaderByHand {
  readonly containerId: Buffer;
  readonly master: Buffer;
  readonly slotLog2: number;
  readonly headerGeneration: number;
  readonly kdf: readonly {
    readonly salt: Buffer;
    readonly memoryKiB: number;
    readonly passes: number;
  }[];
  readonly slots: readonly SlotByHand[];
  /** Stands where a writer puts random bytes. */
  readonly filler: number;
  /** Default 1. */
  readonly keyGeneration?: number;
  /** Master keys of older generations; from the second generation on. */
  readonly keyring?: readonly { readonly generation: number; readonly master: Buffer }[];
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function hkdfByHand(ikm: Buffer, salt: Buffer, info: Buffer, bytes = 32): Buffer {
  return Buffer.from(hkdfSync("sha256", ikm, salt, info, bytes));
}

export function subkeyByHand(
  master: Buffer,
  containerId: Buffer,
  epochId: Buffer,
  purpose: string,
  keyGeneration: number,
): Buffer {
  const info = Buffer.concat([Buffer.from(`v1/${purpose}`), u32(keyGeneration)]);
  return hkdfByHand(master, Buffer.concat([containerId, epochId]), info);
}

export function aadByHand(
  containerId: Buffer,
  kind: number,
  keyGeneration: number,
  index?: number,
): Buffer {
  const place = index === undefined ? [] : [Buffer.from([index])];
  return Buffer.concat([u16(1), containerId, Buffer.from([kind]), u32(keyGeneration), ...place]);
}

export function gcmByHand(
  key: Buffer,
  iv: Buffer,
  aad: Buffer,
  plaintext: Buffer,
): { ciphertext: Buffer; tag: Buffer } {
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(aad);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return { ciphertext, tag: cipher.getAuthTag() };
}

export function slotKeysByHand(
  slotBytes: Buffer,
  ikm: Buffer,
): { kek: Buffer; commitment: Buffer } {
  const [slotHeader, slotSalt] = [slotBytes.subarray(0, 356), slotBytes.subarray(356, 388)];
  const key = (purpose: string) =>
    hkdfByHand(
      ikm,
      slotSalt,
      Buffer.concat([Buffer.from(`cofferfs/v1/slot/${purpose}`), slotHeader]),
    );
  return { kek: key("enc"), commitment: key("commit") };
}

export function keySlotByHand(slot: SlotByHand, header: HeaderByHand, index: number): Buffer {
  const bytes = Buffer.alloc(512, header.filler);
  bytes.writeUInt8(slot.type, 0);
  bytes.writeUInt8(slot.kdf ?? 0, 1);
  bytes.writeUInt16LE(0, 2);
  slot.slotSalt.copy(bytes, 356);
  const { kek, commitment } = slotKeysByHand(bytes, slot.ikm);
  const aad = aadByHand(header.containerId, 5, header.keyGeneration ?? 1, index);
  const { ciphertext, tag } = gcmByHand(kek, Buffer.alloc(12), aad, header.master);
  Buffer.concat([ciphertext, tag, commitment]).copy(bytes, 388);
  return bytes;
}

/** An entry of the keyring: the master key of an older generation under the newest one. */
export function keyringEntryByHand(
  { containerId, master, keyGeneration = 1 }: HeaderByHand,
  older: { readonly generation: number; readonly master: Buffer },
): Buffer {
  const label = Buffer.from("v1/keyring");
  const info = Buffer.concat([label, u32(keyGeneration), u32(older.generation)]);
  const kek = hkdfByHand(master, containerId, info);
  const aad = aadByHand(containerId, 6, older.generation);
  const { ciphertext, tag } = gcmByHand(kek, Buffer.alloc(12), aad, older.master);
  return Buffer.concat([ciphertext, tag]);
}

/** A whole header copy. */
export function headerByHand(header: HeaderByHand): Buffer {
  const bytes = Buffer.alloc(8192);
  bytes.write("COFFERFS", 0);
  bytes.writeUInt16LE(1, 8);
  bytes.writeUInt8(1, 10);
  bytes.writeUInt8(header.slotLog2, 11);
  const keyGeneration = header.keyGeneration ?? 1;
  bytes.writeUInt32LE(keyGeneration, 12);
  header.containerId.copy(bytes, 16);
  bytes.writeBigUInt64LE(BigInt(header.headerGeneration), 32);
  header.kdf.forEach(({ salt, memoryKiB, passes }, i) => {
    Buffer.concat([salt, u32(memoryKiB), u32(passes)]).copy(bytes, 40 + i * 24);
  });
  for (let i = 0; i < 8; i++) {
    const slot = header.slots[i];
    const unused = Buffer.alloc(512, header.filler);
    unused.writeUInt8(0, 0);
    (slot === undefined ? unused : keySlotByHand(slot, header, i)).copy(bytes, 1024 + i * 512);
  }
  if (keyGeneration > 1) bytes.fill(header.filler, 5120, 5120 + 62 * 48);
  for (const older of header.keyring ?? [])
    keyringEntryByHand(header, older).copy(
      bytes,
      5120 + (keyGeneration - 1 - older.generation) * 48,
    );
  return resealByHand(bytes, header);
}

/** `bytes` with MAC and hash made good again, as someone with the master key can. */
export function resealByHand(
  bytes: Buffer,
  {
    master,
    containerId,
    keyGeneration = 1,
  }: Pick<HeaderByHand, "master" | "containerId" | "keyGeneration">,
): Buffer {
  const key = subkeyByHand(master, containerId, Buffer.alloc(0), "header", keyGeneration);
  createHmac("sha256", key).update(bytes.subarray(0, 8128)).digest().copy(bytes, 8128);
  return rehashByHand(bytes);
}

/** `bytes` with the hash made good again, as anyone can. */
export function rehashByHand(bytes: Buffer): Buffer {
  createHash("sha256").update(bytes.subarray(0, 8160)).digest().copy(bytes, 8160);
  return bytes;
}
