/** Which part of a buffer a call is about, and where in the file; with the checks that Node makes. */
import { encodeText } from "./encoding.js";
import { invalidType, invalidValue, outOfRange } from "./node-errors.js";
import { assertInteger, isEncoding, notData } from "./validate.js";

/** Where in a file, in bytes; null, undefined and negative numbers mean the handle's own position, which then moves. */
export type Position = number | bigint | null | undefined;

/** Which part of a buffer, and where in the file. */
export interface BufferRange {
  /** First byte of the buffer that is used. Default 0. */
  readonly offset?: number | null | undefined;
  /** In bytes. Default: to the end of the buffer. */
  readonly length?: number | null | undefined;
  readonly position?: Position;
}

export interface WriteRange extends BufferRange {
  /** Gives the buffer's whole ArrayBuffer to the worker instead of a copy: it is detached by the call. */
  readonly transfer?: boolean | undefined;
}

export function rangeOf(
  second: WriteRange | Position,
  length: number | null | undefined,
  position: Position,
): WriteRange {
  if (typeof second === "object" && second !== null) return second;
  return { offset: second as number | null | undefined, length, position };
}

export function partToRead(view: ArrayBufferView, { offset, length }: BufferRange): Uint8Array {
  const from = offset ?? 0;
  assertInteger(from, "offset", 0);
  const count = length ?? view.byteLength - from;
  if (count === 0) return new Uint8Array(0);
  if (view.byteLength === 0) throw invalidValue("buffer", view, "is empty and cannot be written");
  if (count < 0) throw outOfRange("length", ">= 0", count);
  if (from + count > view.byteLength)
    throw outOfRange("length", `<= ${view.byteLength - from}`, count);
  return new Uint8Array(view.buffer, view.byteOffset + from, count);
}

export function partToWriteOf(view: ArrayBufferView, { offset, length }: BufferRange): Uint8Array {
  const from = offset ?? 0;
  assertInteger(from, "offset", 0);
  const left = view.byteLength - from;
  const count = typeof length === "number" ? length : left;
  if (left < 0) throw outOfRange("offset", `<= ${view.byteLength}`, from);
  if (count > left) throw outOfRange("length", `<= ${left}`, count);
  if (count < 0) throw outOfRange("length", ">= 0", count);
  assertInteger(count, "length", 0, 0x7fff_ffff);
  return new Uint8Array(view.buffer, view.byteOffset + from, count);
}

/** What is no place in a file means the handle's own position. */
export function toPosition(position: Position): number | undefined {
  const at = typeof position === "bigint" ? Number(position) : position;
  return typeof at === "number" && Number.isSafeInteger(at) && at >= 0 ? at : undefined;
}

export function viewsOf(buffers: readonly ArrayBufferView[]): Uint8Array[] {
  if (!Array.isArray(buffers) || !buffers.every((buffer) => ArrayBuffer.isView(buffer)))
    throw invalidType("buffers", "an ArrayBufferView[]", buffers);
  return buffers.map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
}

/** Text as it is written; what is no encoding counts as UTF-8. */
export function textBytes(text: unknown, encoding: unknown): Uint8Array<ArrayBuffer> {
  if (typeof text !== "string") throw notData(text, "buffer");
  const known = isEncoding(encoding) ? encoding : "utf8";
  if (known.toLowerCase() === "hex" && text.length % 2 !== 0)
    throw invalidValue("encoding", known, `is invalid for data of length ${text.length}`);
  return encodeText(text, known);
}
