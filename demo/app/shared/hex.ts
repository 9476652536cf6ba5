/** Bytes as people who look at bytes read them: offset, sixteen pairs, and the printable characters. */

const LINE_BYTES = 16;

export function hexDump(bytes: Uint8Array, firstOffset = 0): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += LINE_BYTES) {
    const line = [...bytes.subarray(at, at + LINE_BYTES)];
    const offset = (firstOffset + at).toString(16).padStart(6, "0");
    const pairs = line.map((byte) => byte.toString(16).padStart(2, "0"));
    const hex = `${pairs.slice(0, 8).join(" ")}  ${pairs.slice(8).join(" ")}`.padEnd(
      LINE_BYTES * 3,
    );
    const text = line
      .map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "."))
      .join("");
    lines.push(`${offset}  ${hex}  ${text}`);
  }
  return lines.join("\n");
}
