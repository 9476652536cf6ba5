/**
 * Values in a message through shared memory: plain data as structured cloning would take it, encoded by a
 * tag and what it needs. Text keeps its UTF-16 units, lone surrogates included. One Uint8Array per message is its
 * *body*: the head names its place only, and the bytes travel beside it.
 */
import { assert } from "../assert.js";
import { ByteReader, ByteWriter, MalformedBytes } from "./bytes.js";

/** A value as it travels. */
export interface WireMessage {
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

const TAG = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  number: 4,
  /** One byte for each char; the other kind has two. */
  narrowText: 5,
  wideText: 6,
  array: 7,
  object: 8,
  body: 9,
} as const;

const NO_BYTES: Uint8Array = new Uint8Array(0);
const FIRST_HEAD_BYTES = 4096;
/** Chars per call of String.fromCharCode: it takes them as arguments. */
const CHUNK = 0x2000;

export class ValueEncoder {
  #writer = new ByteWriter(new Uint8Array(FIRST_HEAD_BYTES));
  #body = NO_BYTES;

  /** The head is valid until the next call; the body is the value's own. */
  encode(value: unknown): WireMessage {
    this.#writer.at = 0;
    this.#body = NO_BYTES;
    this.#value(value);
    return { head: this.#writer.bytes.subarray(0, this.#writer.at), body: this.#body };
  }

  #value(value: unknown): void {
    const writer = this.#room(16);
    if (value === undefined) writer.u8(TAG.undefined);
    else if (value === null) writer.u8(TAG.null);
    else if (typeof value === "boolean") writer.u8(value ? TAG.true : TAG.false);
    else if (typeof value === "number") {
      writer.u8(TAG.number);
      writer.f64(value);
    } else if (typeof value === "string") this.#text(value);
    else if (value instanceof Uint8Array) {
      assert(this.#body === NO_BYTES, "a message has one body");
      writer.u8(TAG.body);
      this.#body = value;
    } else if (Array.isArray(value)) {
      writer.u8(TAG.array);
      writer.u32(value.length);
      for (const item of value) this.#value(item);
    } else {
      assert(typeof value === "object", "what goes through shared memory is plain data");
      const entries = Object.entries(value);
      writer.u8(TAG.object);
      writer.u32(entries.length);
      for (const [key, item] of entries) {
        this.#text(key);
        this.#value(item);
      }
    }
  }

  #text(text: string): void {
    const { length } = text;
    const writer = this.#room(5 + 2 * length);
    const start = writer.at;
    writer.u8(TAG.narrowText);
    writer.u32(length);
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0xff) {
        writer.at = start;
        this.#wideText(text);
        return;
      }
      writer.u8(unit);
    }
  }

  #wideText(text: string): void {
    const writer = this.#writer;
    writer.u8(TAG.wideText);
    writer.u32(text.length);
    for (let i = 0; i < text.length; i++) writer.u16(text.charCodeAt(i));
  }

  /** The writer, with room for so many more bytes. */
  #room(bytes: number): ByteWriter {
    const { at, bytes: written } = this.#writer;
    if (at + bytes > written.length) {
      this.#writer = new ByteWriter(new Uint8Array(2 * (at + bytes)));
      this.#writer.raw(written.subarray(0, at));
    }
    return this.#writer;
  }
}

/** Throws {@link MalformedBytes} for a head that no encoder has made. */
export function decodeValue({ head, body }: WireMessage): unknown {
  const reader = new ByteReader(head);
  const value = readValue(reader, body);
  if (reader.remaining !== 0) throw new MalformedBytes("more than one value");
  return value;
}

function readValue(reader: ByteReader, body: Uint8Array): unknown {
  const tag = reader.u8();
  switch (tag) {
    case TAG.undefined:
      return undefined;
    case TAG.null:
      return null;
    case TAG.false:
    case TAG.true:
      return tag === TAG.true;
    case TAG.number:
      return reader.f64();
    case TAG.narrowText:
    case TAG.wideText:
      return readText(reader, tag);
    case TAG.array:
      return readItems(reader, () => readValue(reader, body));
    case TAG.object:
      return Object.fromEntries(
        readItems(reader, () => [readText(reader, reader.u8()), readValue(reader, body)] as const),
      );
    case TAG.body:
      return body;
    default:
      throw new MalformedBytes("no such kind of value");
  }
}

/** Each item takes a byte at least, so a wrong count ends with the bytes. */
function readItems<T>(reader: ByteReader, read: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.u32(); left > 0; left--) items.push(read());
  return items;
}

function readText(reader: ByteReader, tag: number): string {
  const length = reader.u32();
  if (tag === TAG.narrowText) return charsOf(reader.raw(length));
  if (tag !== TAG.wideText) throw new MalformedBytes("no text");
  const units = reader.raw(2 * length);
  const wide = Uint16Array.from({ length }, (_, i) => {
    return (units[2 * i] ?? 0) | ((units[2 * i + 1] ?? 0) << 8);
  });
  return charsOf(wide);
}

function charsOf(units: Uint8Array | Uint16Array): string {
  if (units.length <= CHUNK) return String.fromCharCode(...units);
  let text = "";
  for (let at = 0; at < units.length; at += CHUNK)
    text += String.fromCharCode(...units.subarray(at, at + CHUNK));
  return text;
}
