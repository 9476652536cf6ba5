/** Bytes that are given out: as they come, or as the Buffers that the caller's libraries expect. */

/** `Buffer` of Node, or of the package of that name. */
export interface BufferClass<Bytes extends Uint8Array> {
  from(bytes: ArrayBuffer, offset: number, length: number): Bytes;
}

/** Takes bytes and gives the same in the caller's class, not copied. */
export type ToBytes = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;

export function bytesOf(Buffer: BufferClass<Uint8Array> | undefined): ToBytes {
  if (Buffer === undefined) return (bytes) => bytes;
  return (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A result of a call, wherever in it there are bytes: content, names, and those of entries. */
export function withBytes(value: unknown, toBytes: ToBytes): unknown {
  if (isBytes(value)) return toBytes(value);
  if (Array.isArray(value)) return value.map((item: unknown) => withBytes(item, toBytes));
  if (typeof value === "object" && value !== null && "name" in value && isBytes(value.name))
    Reflect.set(value, "name", toBytes(value.name));
  return value;
}

function isBytes(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array && value.buffer instanceof ArrayBuffer;
}
