/** Looks for a text in the whole container, byte by byte, as somebody would who hopes for a slip. */
import { HEADER_AREA_BYTES, type ContainerReader } from "./container-reader.js";

/** Slots read at a time. */
const BATCH_SLOTS = 64;

/** How often `text` stands there in UTF-8. `progress` hears the bytes looked at. */
export async function countInContainer(
  container: ContainerReader,
  text: string,
  progress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<number> {
  const needle = new TextEncoder().encode(text);
  let found = countIn(container.header, needle);
  let tail = container.header.subarray(HEADER_AREA_BYTES - needle.length + 1);
  for (let start = 0; start < container.slotCount; start += BATCH_SLOTS) {
    signal.throwIfAborted();
    const slots = await container.readSlots(start, BATCH_SLOTS);
    // What a boundary cuts in two is found as well.
    const joined = new Uint8Array(tail.length + slots.length);
    joined.set(tail);
    joined.set(slots, tail.length);
    found += countIn(joined, needle);
    tail = joined.subarray(Math.max(0, joined.length - needle.length + 1));
    progress(HEADER_AREA_BYTES + start * container.slotBytes + slots.length);
  }
  return found;
}

function countIn(bytes: Uint8Array, needle: Uint8Array): number {
  let count = 0;
  const first = needle[0] ?? 0;
  for (let at = bytes.indexOf(first); at !== -1; at = bytes.indexOf(first, at + 1)) {
    if (needle.every((byte, index) => bytes[at + index] === byte)) count += 1;
  }
  return count;
}
