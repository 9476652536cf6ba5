/**
 * ByteWriter and ByteReader: the only place where integers meet bytes. Fixed-width integers are
 * little-endian; `varint` is LEB128, at most 8 bytes, below 2^53. A reader never reads past its end
 * and never allocates by what it reads: bad bytes throw {@link MalformedBytes}, which callers turn
 * into INTEGRITY.
 *
 * A *byte string* is a JavaScript string with one char (0–255) per byte: immutable, compact and
 * compared in native code, which makes it the form of tree keys.
 */

/** Bytes that break their format. Never leaves the package as it is. */
export class MalformedBytes extends Error {
  override readonly name = "MalformedBytes";
}

const MAX_SAFE_HIGH = 0x1f_ffff;
const TWO_32 = 2 ** 32;

/** Encoded size of `value` as a varint. */
export function varintBytes(value: number): number {
  let bytes = 1;
  while (value >= 0x80) {
    value = Math.floor(value / 0x80);
    bytes++;
  }
  return bytes;
}

export class ByteWriter {
  readonly bytes: Uint8Array;
  #view: DataView;
  at = 0;

  /** Writes into `bytes` from its start; overrunning it throws RangeError, a bug of the caller. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(value: number): void {
    this.#view.setUint8(this.at, value);
    this.at += 1;
  }

  u16(value: number): void {
    this.#view.setUint16(this.at, value, true);
    this.at += 2;
  }

  u32(value: number): void {
    this.#view.setUint32(this.at, value, true);
    this.at += 4;
  }

  u48(value: number): void {
    this.#view.setUint16(this.at + 4, Math.floor(value / TWO_32), true);
    this.#view.setUint32(this.at, value % TWO_32, true);
    this.at += 6;
  }

  u64(value: number): void {
    this.#view.setUint32(this.at + 4, Math.floor(value / TWO_32), true);
    this.#view.setUint32(this.at, value % TWO_32, true);
    this.at += 8;
  }

  f64(value: number): void {
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  varint(value: number): void {
    while (value >= 0x80) {
      this.u8((value % 0x80) | 0x80);
      value = Math.floor(value / 0x80);
    }
    this.u8(value);
  }

  raw(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** The chars of a byte string from `from` on. */
  byteString(text: string, from = 0): void {
    if (this.at + text.length - from > this.bytes.length) throw new RangeError("overrun");
    for (let i = from; i < text.length; i++) this.bytes[this.at++] = text.charCodeAt(i);
  }
}

export class ByteReader {
  readonly bytes: Uint8Array;
  #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  #take(count: number): number {
    const at = this.at;
    if (count > this.bytes.length - at) throw new MalformedBytes("truncated");
    this.at = at + count;
    return at;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u48(): number {
    const at = this.#take(6);
    return this.#view.getUint16(at + 4, true) * TWO_32 + this.#view.getUint32(at, true);
  }

  u64(): number {
    const at = this.#take(8);
    const high = this.#view.getUint32(at + 4, true);
    if (high > MAX_SAFE_HIGH) throw new MalformedBytes("integer above 2^53");
    return high * TWO_32 + this.#view.getUint32(at, true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 8; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER || (byte === 0 && i > 0)) break;
        return value;
      }
      scale *= 0x80;
    }
    throw new MalformedBytes("bad varint");
  }

  skip(count: number): void {
    this.#take(count);
  }

  /** A copy of the next `count` bytes. */
  raw(count: number): Uint8Array {
    const at = this.#take(count);
    return this.bytes.slice(at, at + count);
  }

  /** The next `count` bytes as a byte string. */
  byteString(count: number): string {
    const at = this.#take(count);
    return toByteString(this.bytes.subarray(at, at + count));
  }
}

/** The bytes (at most some thousands) as a flat byte string. */
export function toByteString(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}

/** The bytes behind a byte string. */
export function fromByteString(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

const BYTE_CHARS: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(byte),
);

/** Big-endian byte string of `value`, so that the order of strings is the order of numbers. */
export function bigEndian(value: number, bytes: number): string {
  let text = "";
  for (let i = 0; i < bytes; i++) {
    text = (BYTE_CHARS[value % 256] as string) + text;
    value = Math.floor(value / 256);
  }
  return text;
}

/** The number behind `bytes` chars of a byte string from `at`. */
export function fromBigEndian(text: string, at: number, bytes: number): number {
  let value = 0;
  for (let i = at; i < at + bytes; i++) value = value * 256 + text.charCodeAt(i);
  return value;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
