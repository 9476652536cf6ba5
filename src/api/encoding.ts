/** Text and bytes, by the names of encodings that Node knows. */
import { typeError } from "./node-errors.js";

export type Encoding =
  | "utf8"
  | "utf-8"
  | "utf16le"
  | "utf-16le"
  | "ucs2"
  | "ucs-2"
  | "latin1"
  | "binary"
  | "ascii"
  | "base64"
  | "base64url"
  | "hex";

/** How names and paths are told: as text of an encoding, or as bytes. */
export type NameEncoding = Encoding | "buffer";

interface Codec {
  encode(text: string): Uint8Array<ArrayBuffer>;
  decode(bytes: Uint8Array): string;
}

const utf8: Codec = {
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes),
};

const utf16: Codec = {
  encode(text) {
    const bytes = new Uint8Array(text.length * 2);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), true);
    return bytes;
  },
  /** Unlike a TextDecoder it keeps halves of characters, and passes over half a unit at the end. */
  decode(bytes) {
    let text = "";
    for (let i = 0; i + 1 < bytes.length; i += 2)
      text += String.fromCharCode((bytes[i] ?? 0) | ((bytes[i + 1] ?? 0) << 8));
    return text;
  },
};

const latin1: Codec = {
  encode: (text) => Uint8Array.from(text, (char) => char.charCodeAt(0)),
  decode: (bytes) => decodeBytes(bytes, 0xff),
};

const ascii: Codec = { ...latin1, decode: (bytes) => decodeBytes(bytes, 0x7f) };

const base64: Codec = {
  /** Both alphabets; what belongs to neither is skipped, and padding may be missing. */
  encode: (text) =>
    latin1.encode(
      atob(
        text
          .replace(/-/g, "+")
          .replace(/_/g, "/")
          .replace(/=.*$/s, "")
          .replace(/[^\w+/]/g, "")
          // One digit is not enough for a byte.
          .replace(/^((?:.{4})*).$/s, "$1"),
      ),
    ),
  decode: (bytes) => btoa(latin1.decode(bytes)),
};

const base64url: Codec = {
  ...base64,
  decode: (bytes) => base64.decode(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, ""),
};

const hex: Codec = {
  /** As in Node, the text ends where its digits do. */
  encode(text) {
    const digits = /^[\da-f]*/i.exec(text)?.[0] ?? "";
    const pairs = digits.match(/../g) ?? [];
    return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
  },
  decode: (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(""),
};

const CODECS: Readonly<Record<Encoding, Codec>> = {
  utf8,
  "utf-8": utf8,
  utf16le: utf16,
  "utf-16le": utf16,
  ucs2: utf16,
  "ucs-2": utf16,
  latin1,
  binary: latin1,
  ascii,
  base64,
  base64url,
  hex,
};

/** Characters per call of String.fromCharCode: it takes them as arguments. */
const CHUNK = 0x2000;

function decodeBytes(bytes: Uint8Array, mask: number): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK).map((byte) => byte & mask));
  return text;
}

function codecOf(encoding: Encoding): Codec {
  const codec = Object.entries(CODECS).find(([name]) => name === encoding.toLowerCase())?.[1];
  if (codec === undefined) throw typeError("ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  return codec;
}

export function encodeText(text: string, encoding: Encoding = "utf8"): Uint8Array<ArrayBuffer> {
  return codecOf(encoding).encode(text);
}

export function decodeText(bytes: Uint8Array, encoding: Encoding = "utf8"): string {
  return codecOf(encoding).decode(bytes);
}

/** A name or path as the caller wants it. */
export function nameAs(
  name: string,
  encoding: NameEncoding | null | undefined = "utf8",
): string | Uint8Array<ArrayBuffer> {
  if (encoding === "utf8" || !encoding) return name;
  const bytes = encodeText(name);
  return encoding === "buffer" ? bytes : decodeText(bytes, encoding);
}

/** Makes text of bytes that come in pieces, wherever these are cut. The last call has no bytes. */
export function textChunks(encoding: Encoding): (bytes: Uint8Array | undefined) => string {
  const codec = codecOf(encoding);
  if (codec === utf8) {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return (bytes) => decoder.decode(bytes, { stream: bytes !== undefined });
  }
  // Three bytes are four digits of base64, two a unit of UTF-16; of the others every byte is for itself.
  let rest = new Uint8Array(0);
  return (bytes) => {
    const all = new Uint8Array([...rest, ...(bytes ?? [])]);
    const whole = bytes === undefined ? all.length : all.length - (all.length % 6);
    rest = all.subarray(whole);
    return codec.decode(all.subarray(0, whole));
  };
}
