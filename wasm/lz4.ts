/**
 * The LZ4 block format (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md) in AssemblyScript, the
 * source of src/codec/lz4-wasm.ts; `npm run build:wasm` compiles it. Addresses are offsets in a memory of fixed
 * size that src/codec/lz4.ts lays out; it leaves SLACK bytes behind each region, because what is shorter than 16
 * bytes is copied as 16, and matches are copied by eights.
 *
 * Invariant: `decompress` returns true only if each of the raw bytes was written from a literal or from
 * raw bytes before it, so what an earlier call left in memory never comes out.
 */

const MIN_MATCH: u32 = 4;
/** The format wants a block to end in 5 literals and no match to begin in the last 12 bytes. */
const LAST_LITERALS: u32 = 5;
const MATCH_MARGIN: u32 = 12;
const MAX_OFFSET: usize = 65535;
/** In a token, where a length goes on in further bytes. */
const LENGTH_GOES_ON: u32 = 15;
/** 32 KiB of table: the chunks are small, and a larger one costs more to clear than it finds. */
const HASH_BITS: u32 = 13;
const HASH_MULTIPLIER: u32 = 0x9e3779b1;
/** After 2^SKIP_BITS positions without a match the steps grow: what does not compress is skimmed. */
const SKIP_BITS: u32 = 6;

// @ts-ignore: decorator
@inline
function cell(table: usize, sequence: u32): usize {
  return table + (<usize>((sequence * HASH_MULTIPLIER) >>> (32 - HASH_BITS)) << 2);
}

// @ts-ignore: decorator
@inline
function copy(to: usize, from: usize, bytes: u32): void {
  if (bytes <= 16) {
    store<u64>(to, load<u64>(from));
    store<u64>(to + 8, load<u64>(from + 8));
  } else {
    memory.copy(to, from, bytes);
  }
}

/** What is left of a length of at least 15 when the token has taken its part. */
function writeLength(to: usize, rest: u32): usize {
  while (rest >= 255) {
    store<u8>(to++, 255);
    rest -= 255;
  }
  store<u8>(to++, rest);
  return to;
}

/** How far the bytes at `ahead` are those at `behind`, up to `end`: the address of the first that is not. */
function endOfMatch(ahead: usize, behind: usize, end: usize): usize {
  while (ahead + 8 <= end) {
    const difference = load<u64>(ahead) ^ load<u64>(behind);
    if (difference != 0) return ahead + <usize>(ctz(difference) >>> 3);
    ahead += 8;
    behind += 8;
  }
  while (ahead < end && load<u8>(ahead) == load<u8>(behind)) {
    ahead++;
    behind++;
  }
  return ahead;
}

/** Compresses `bytes` at `from` to at most `room` bytes at `to`: their number, or 0 if they do not fit. */
export function compress(table: usize, from: usize, bytes: u32, to: usize, room: u32): u32 {
  memory.fill(table, 0, (1 << HASH_BITS) << 2);
  const start = from;
  const end = from + bytes;
  const toStart = to;
  const toEnd = to + room;
  const lastStart = end - min(MATCH_MARGIN, bytes);
  let anchor = from;
  let at = from + 1;
  while (at <= lastStart) {
    let match: usize = start;
    let found = false;
    let tries: u32 = 1 << SKIP_BITS;
    while (at <= lastStart) {
      const sequence = load<u32>(at);
      const place = cell(table, sequence);
      match = start + load<u32>(place);
      store<u32>(place, <u32>(at - start));
      if (at - match <= MAX_OFFSET && load<u32>(match) == sequence) {
        found = true;
        break;
      }
      at += tries++ >>> SKIP_BITS;
    }
    if (!found) break;
    while (at > anchor && match > start && load<u8>(at - 1) == load<u8>(match - 1)) {
      at--;
      match--;
    }
    const literals = <u32>(at - anchor);
    const offset = <u32>(at - match);
    const next = endOfMatch(at + MIN_MATCH, match + MIN_MATCH, end - LAST_LITERALS);
    const matched = <u32>(next - at) - MIN_MATCH;
    // Token, both lengths, offset; and a last sequence comes after this one.
    if (to + literals + literals / 255 + matched / 255 + 6 + LAST_LITERALS > toEnd) return 0;
    store<u8>(to++, (min(literals, LENGTH_GOES_ON) << 4) | min(matched, LENGTH_GOES_ON));
    if (literals >= LENGTH_GOES_ON) to = writeLength(to, literals - LENGTH_GOES_ON);
    copy(to, anchor, literals);
    to += literals;
    store<u16>(to, offset);
    to += 2;
    if (matched >= LENGTH_GOES_ON) to = writeLength(to, matched - LENGTH_GOES_ON);
    anchor = at = next;
    if (at <= lastStart) store<u32>(cell(table, load<u32>(at - 2)), <u32>(at - 2 - start));
  }
  const literals = <u32>(end - anchor);
  if (to + literals + literals / 255 + 2 > toEnd) return 0;
  store<u8>(to++, min(literals, LENGTH_GOES_ON) << 4);
  if (literals >= LENGTH_GOES_ON) to = writeLength(to, literals - LENGTH_GOES_ON);
  copy(to, anchor, literals);
  return <u32>(to + literals - toStart);
}

/** Whether the `bytes` at `from` are a block of exactly `rawBytes`, which are then at `to`. */
export function decompress(from: usize, bytes: u32, to: usize, rawBytes: u32): bool {
  const end = from + bytes;
  const toStart = to;
  const toEnd = to + rawBytes;
  while (from < end) {
    const token = load<u8>(from++);
    let literals: u32 = token >>> 4;
    if (literals == LENGTH_GOES_ON) {
      let byte: u32;
      do {
        if (from >= end) return false;
        byte = load<u8>(from++);
        literals += byte;
      } while (byte == 255);
    }
    if (literals > <u32>(end - from) || literals > <u32>(toEnd - to)) return false;
    copy(to, from, literals);
    to += literals;
    from += literals;
    if (from == end) return to == toEnd;

    if (end - from < 2) return false;
    const offset = <u32>load<u16>(from);
    from += 2;
    if (offset == 0 || offset > <u32>(to - toStart)) return false;
    let matched: u32 = token & LENGTH_GOES_ON;
    if (matched == LENGTH_GOES_ON) {
      let byte: u32;
      do {
        if (from >= end) return false;
        byte = load<u8>(from++);
        matched += byte;
      } while (byte == 255);
    }
    matched += MIN_MATCH;
    if (matched > <u32>(toEnd - to)) return false;
    const matchEnd = to + matched;
    let match = to - offset;
    if (offset < 8) {
      while (to < matchEnd) store<u8>(to++, load<u8>(match++));
    } else if (matched > 64 && offset >= matched) {
      memory.copy(to, match, matched);
    } else {
      do {
        store<u64>(to, load<u64>(match));
        to += 8;
        match += 8;
      } while (to < matchEnd);
    }
    to = matchEnd;
  }
  return false;
}
