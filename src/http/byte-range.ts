/** Byte ranges (RFC 9110, section 14): the part of a file that a request asks for. */

/** Bytes from `first` up to `end`, which is not one of them. */
export interface ByteRange {
  readonly first: number;
  readonly end: number;
}

const SINGLE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * What a `Range` header asks of `size` bytes: a part, `"unsatisfiable"`, or undefined where all of it is to be sent. That is so where the
 * header is not to be understood, and where it asks for several parts at once: a server may pass over it, and who needs parts
 * asks for one after the other.
 */
export function byteRange(
  header: string | null,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const [, from = "", to = ""] = SINGLE.exec(header ?? "") ?? [];
  if (from === "") return to === "" ? undefined : suffix(Number(to), size);
  const first = Number(from);
  if (to !== "" && Number(to) < first) return undefined;
  if (first >= size) return "unsatisfiable";
  return { first, end: to === "" ? size : Math.min(Number(to) + 1, size) };
}

/** The last `length` bytes; of an empty file they are all of it, which no Content-Range can say. */
function suffix(length: number, size: number): ByteRange | "unsatisfiable" | undefined {
  if (length === 0) return "unsatisfiable";
  return size === 0 ? undefined : { first: Math.max(0, size - length), end: size };
}
