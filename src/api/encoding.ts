/** Text and bytes, by the names of encodings that Node knows. */

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
  decode: (bytes) => new TextDecoder("utf-16le", { ignoreBOM: true }).decode(bytes),
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
          .replace(/[^\w+/]/g, ""),
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
  if (codec === undefined)
    throw Object.assign(new TypeError("unknown encoding"), { code: "ERR_INVALID_ARG_VALUE" });
  return codec;
}

export function encodeText(text: string, encoding: Encoding = "utf8"): Uint8Array<ArrayBuffer> {
  return codecOf(encoding).encode(text);
}

export function decodeText(bytes: Uint8Array, encoding: Encoding = "utf8"): string {
  return codecOf(encoding).decode(bytes);
}
