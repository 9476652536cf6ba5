/**
 * The LZ4 block format, read as slowly and plainly as its description
 * (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), to compare the real one with: the raw bytes, or
 * undefined for a block that is none.
 */
export function lz4ByDefinition(block: Uint8Array): Uint8Array | undefined {
  const raw: number[] = [];
  let at = 0;
  const next = () => block[at++] ?? Number.NaN;
  const length = (nibble: number) => {
    let sum = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; sum += byte) byte = next();
    return sum;
  };
  while (at < block.length) {
    const token = next();
    for (let literals = length(token >> 4); literals > 0; literals--) raw.push(next());
    if (at === block.length && !raw.includes(Number.NaN)) return Uint8Array.from(raw);
    const offset = next() + next() * 256;
    const matched = length(token & 15) + 4;
    if (Number.isNaN(offset + matched) || offset === 0 || offset > raw.length) return undefined;
    for (let i = 0; i < matched; i++) raw.push(raw[raw.length - offset] ?? Number.NaN);
  }
  return undefined;
}
