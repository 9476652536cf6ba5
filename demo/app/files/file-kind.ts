/** What a file is, told from its first bytes, since names may lie and the browser trusts the type we say. */

export type FileKind =
  | { readonly kind: "image" | "audio" | "video"; readonly type: string }
  | { readonly kind: "text" }
  | { readonly kind: "other" };

const SIGNATURES: readonly (readonly [
  kind: "image" | "audio" | "video",
  type: string,
  at: number,
  bytes: string,
])[] = [
  ["image", "image/png", 0, "\x89PNG\r\n\x1a\n"],
  ["image", "image/jpeg", 0, "\xff\xd8\xff"],
  ["image", "image/gif", 0, "GIF8"],
  ["image", "image/webp", 8, "WEBP"],
  ["image", "image/avif", 4, "ftypavif"],
  ["image", "image/bmp", 0, "BM"],
  ["video", "video/mp4", 4, "ftypisom"],
  ["video", "video/mp4", 4, "ftypmp4"],
  ["video", "video/webm", 0, "\x1a\x45\xdf\xa3"],
  ["audio", "audio/mpeg", 0, "ID3"],
  ["audio", "audio/ogg", 0, "OggS"],
  ["audio", "audio/flac", 0, "fLaC"],
  ["audio", "audio/wav", 8, "WAVE"],
];

export function fileKind(start: Uint8Array, name: string): FileKind {
  for (const [kind, type, at, bytes] of SIGNATURES) {
    if (startsWith(start, at, bytes)) return { kind, type };
  }
  if (!isText(start)) return { kind: "other" };
  // An SVG in an <img> runs no scripts and loads nothing.
  return /\.svg$/i.test(name) ? { kind: "image", type: "image/svg+xml" } : { kind: "text" };
}

function startsWith(start: Uint8Array, at: number, bytes: string): boolean {
  return Array.from(bytes).every((char, index) => start[at + index] === char.charCodeAt(0));
}

/** UTF-8 without NUL; a character that the end cuts off does not count against it. */
function isText(start: Uint8Array): boolean {
  if (start.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true });
    return true;
  } catch {
    return false;
  }
}
