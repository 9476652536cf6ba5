/**
 * Bytes on their way to the worker. What the caller passes is copied once, exactly as large as it is, and
 * the copy moves; cloning a message would copy twice, and a small view would take its whole buffer along.
 * A caller that has no more use for a buffer can give it away.
 */
import { transfer } from "comlink";
import { viewBytes, type Data, type DataPieces } from "./arguments.js";
import { encodeText, type Encoding } from "./encoding.js";
import { notPiece } from "./node-errors.js";
import { notData } from "./validate.js";

/** `bytes` to be posted. With `give` their whole ArrayBuffer moves and is detached; shared memory is copied. */
export function payload(bytes: Uint8Array, give: boolean): Uint8Array {
  if (give && bytes.buffer instanceof ArrayBuffer) return transfer(bytes, [bytes.buffer]);
  const copy = new Uint8Array(bytes);
  return transfer(copy, [copy.buffer]);
}

/** Text or bytes to be posted. @throws TypeError for anything else */
export function dataPayload(
  data: Data,
  encoding: Encoding | null | undefined,
  give: boolean,
): Uint8Array {
  if (typeof data === "string") return payload(encodeText(data, encoding || "utf8"), true);
  const bytes = viewBytes(data);
  if (bytes === undefined) throw notData(data);
  return payload(bytes, give);
}

/** A piece of data that comes in pieces. @throws TypeError in Node's words if it is none */
export function pieceData(piece: unknown): Data {
  if (typeof piece === "string") return piece;
  const bytes = Array.isArray(piece) ? Uint8Array.from(piece as number[]) : viewBytes(piece);
  if (bytes === undefined) throw notPiece(piece);
  return bytes;
}

/** Data that comes piece by piece. */
export function isPieces(data: unknown): data is DataPieces {
  if (typeof data !== "object" || data === null || ArrayBuffer.isView(data)) return false;
  return Symbol.asyncIterator in data || Symbol.iterator in data;
}
