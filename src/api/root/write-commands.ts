/** WriteCommands: what may be written into a RootWritable, told apart as the File System standard does. */
import { viewBytes } from "../arguments.js";
import { toBytes, toText } from "./dictionary.js";
import { domException } from "./handle-errors.js";

/** What a command was given, before anybody has asked whether it has what it needs. */
export interface GivenCommand {
  readonly type: "write" | "seek" | "truncate";
  readonly position: number | undefined;
  readonly size: number | undefined;
  /** Null is what was given; undefined, nothing. */
  readonly data: Uint8Array<ArrayBuffer> | Blob | null | undefined;
}

/** A command that can be carried out. */
export type Command =
  | {
      readonly type: "write";
      readonly data: Uint8Array<ArrayBuffer> | Blob;
      readonly position: number | undefined;
    }
  | { readonly type: "seek"; readonly position: number }
  | { readonly type: "truncate"; readonly size: number };

const TYPES = ["write", "seek", "truncate"] as const;

/** @throws TypeError for what is neither data nor a command */
export function givenCommand(chunk: unknown): GivenCommand {
  const whole = { type: "write", position: undefined, size: undefined } as const;
  const data = bufferOrBlob(chunk);
  if (data !== undefined) return { ...whole, data };
  if (typeof chunk !== "object" && typeof chunk !== "function" && chunk !== undefined)
    return { ...whole, data: encoded(chunk) };
  const { type: named, position, size, data: given } = (chunk ?? {}) as Record<string, unknown>;
  const type = TYPES.find((one) => named !== undefined && one === toText(named));
  if (type === undefined)
    throw new TypeError("what is written must be bytes, text, a Blob or a command");
  return {
    type,
    position: optional(position),
    size: optional(size),
    data: given === undefined || given === null ? given : (bufferOrBlob(given) ?? encoded(given)),
  };
}

/** @throws SyntaxError for a command that lacks what it needs */
export function checkedCommand({ type, position, size, data }: GivenCommand): Command {
  switch (type) {
    case "write":
      if (data === null) throw new TypeError("write requires data that is not null");
      if (data === undefined) throw domException("SyntaxError", "write requires data");
      return { type, data, position };
    case "seek":
      if (position === undefined) throw domException("SyntaxError", "seek requires a position");
      return { type, position };
    case "truncate":
      if (size === undefined) throw domException("SyntaxError", "truncate requires a size");
      return { type, size };
  }
}

function optional(value: unknown): number | undefined {
  return value === undefined || value === null ? undefined : toBytes(value);
}

function bufferOrBlob(value: unknown): Uint8Array<ArrayBuffer> | Blob | undefined {
  if (value instanceof Blob) return value;
  const bytes = viewBytes(value);
  if (bytes === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, byteLength);
  throw new TypeError("memory that is shared cannot be written");
}

function encoded(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(toText(value));
}
