/**
 * UTF-8 between JavaScript strings and byte strings (codec/bytes.ts), strict in both directions:
 * no lone surrogates, no overlong forms, so that every name has exactly one encoding.
 */
import { MalformedBytes } from "./bytes.js";

// eslint-disable-next-line no-control-regex -- ASCII is the range meant
const ASCII = /^[\x00-\x7f]*$/;

/** The UTF-8 byte string of `text`, or undefined if it holds a lone surrogate. */
export function utf8Encode(text: string): string | undefined {
  if (ASCII.test(text)) return text;
  let bytes = "";
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x80) bytes += char;
    else if (code < 0x800) bytes += String.fromCharCode(0xc0 | (code >> 6), tail(code));
    else if (code >= 0xd800 && code < 0xe000) return undefined;
    else if (code < 0x10000)
      bytes += String.fromCharCode(0xe0 | (code >> 12), tail(code >> 6), tail(code));
    else
      bytes += String.fromCharCode(
        0xf0 | (code >> 18),
        tail(code >> 12),
        tail(code >> 6),
        tail(code),
      );
  }
  return bytes;
}

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}

/** The text behind a UTF-8 byte string; throws {@link MalformedBytes}. */
export function utf8Decode(bytes: string): string {
  if (ASCII.test(bytes)) return bytes;
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const lead = bytes.charCodeAt(i++);
    const extra = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (lead > 0xf4 || (lead >= 0x80 && lead < 0xc2)) throw new MalformedBytes("bad UTF-8");
    let code = extra === 0 ? lead : lead & (0x3f >> extra);
    for (let k = 0; k < extra; k++) {
      const byte = i < bytes.length ? bytes.charCodeAt(i++) : 0;
      if ((byte & 0xc0) !== 0x80) throw new MalformedBytes("bad UTF-8");
      code = (code << 6) | (byte & 0x3f);
    }
    const least = [0, 0x80, 0x800, 0x10000][extra] ?? 0;
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
      throw new MalformedBytes("bad UTF-8");
    text += String.fromCodePoint(code);
  }
  return text;
}
