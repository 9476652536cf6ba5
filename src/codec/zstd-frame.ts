/**
 * The outside of a Zstandard frame (RFC 8878 §3.1.1), read before the library sees it. Of all that the format can
 * express we take what a compressor makes of one chunk: a single frame that states its content size, with a window
 * of at most a mebibyte, without dictionary and checksum (the seal is a better one), up to the last byte.
 * So nothing about memory is left for the library to decide.
 */
import { ByteReader, MalformedBytes } from "./bytes.js";
import { MAX_RAW_BYTES } from "./compressor.js";

const MAGIC = 0xfd2f_b528;
/** Bits of the frame header's first byte. The two highest tell how the content size is written. */
const SINGLE_SEGMENT = 0x20;
/** Unused, reserved, checksum, and the length of a dictionary's number. */
const REFUSED = 0x1f;
const BLOCK_HEADER_BYTES = 3;
/** No block holds more, nor more than the window. */
const MAX_BLOCK_BYTES = 128 * 1024;
const BLOCK_RLE = 1;
const BLOCK_RESERVED = 3;

/** Throws {@link MalformedBytes} unless `bytes` are one frame of the form above that claims `rawBytes`. */
export function checkFrame(bytes: Uint8Array, rawBytes: number): void {
  const reader = new ByteReader(bytes);
  if (reader.u32() !== MAGIC) throw new MalformedBytes("no zstd frame");
  const descriptor = reader.u8();
  if ((descriptor & REFUSED) !== 0)
    throw new MalformedBytes("zstd frame with dictionary or checksum");
  const isSingleSegment = (descriptor & SINGLE_SEGMENT) !== 0;
  if (!isSingleSegment && windowBytes(reader.u8()) > MAX_RAW_BYTES)
    throw new MalformedBytes("zstd frame with a large window");
  if (contentSize(reader, descriptor >> 6, isSingleSegment) !== rawBytes)
    throw new MalformedBytes("zstd frame of another size");
  skipBlocks(reader);
  if (reader.remaining > 0) throw new MalformedBytes("bytes behind the zstd frame");
}

/** Five bits of exponent and three of mantissa. */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Undefined if the frame does not state it. */
function contentSize(
  reader: ByteReader,
  form: number,
  isSingleSegment: boolean,
): number | undefined {
  switch (form) {
    case 0:
      return isSingleSegment ? reader.u8() : undefined;
    case 1:
      return reader.u16() + 256;
    case 2:
      return reader.u32();
    default:
      return reader.u64();
  }
}

/** Moves behind the last block; the blocks' contents are the library's business. */
function skipBlocks(reader: ByteReader): void {
  for (let last = false; !last;) {
    if (reader.remaining < BLOCK_HEADER_BYTES) throw new MalformedBytes("truncated zstd frame");
    const header = reader.u16() + reader.u8() * 0x1_0000;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === BLOCK_RESERVED || size > MAX_BLOCK_BYTES)
      throw new MalformedBytes("bad zstd block");
    reader.skip(type === BLOCK_RLE ? 1 : size);
    last = (header & 1) === 1;
  }
}
