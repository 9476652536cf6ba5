/**
 * Media types: what a file is by the end of its name. The table has what browsers show or play, and what people keep; everything else is
 * bytes without meaning. A table of our own, because what is *not* in it is a decision: nothing here makes a browser run a
 * script (docs/ARCHITECTURE.md, "What comes out of a vault does not run").
 */

const TEXT = "text/plain; charset=utf-8";
const UNKNOWN = "application/octet-stream";

const TYPES: Readonly<Record<string, string>> = {
  avif: "image/avif",
  bmp: "image/bmp",
  gif: "image/gif",
  heic: "image/heic",
  ico: "image/x-icon",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  jxl: "image/jxl",
  png: "image/png",
  svg: "image/svg+xml",
  tif: "image/tiff",
  tiff: "image/tiff",
  webp: "image/webp",
  aac: "audio/aac",
  flac: "audio/flac",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  wav: "audio/wav",
  weba: "audio/webm",
  m4v: "video/mp4",
  mkv: "video/x-matroska",
  mov: "video/quicktime",
  mp4: "video/mp4",
  ogv: "video/ogg",
  webm: "video/webm",
  otf: "font/otf",
  ttf: "font/ttf",
  woff: "font/woff",
  woff2: "font/woff2",
  css: "text/css; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  htm: "text/html; charset=utf-8",
  html: "text/html; charset=utf-8",
  ics: "text/calendar; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  vcf: "text/vcard; charset=utf-8",
  vtt: "text/vtt; charset=utf-8",
  xhtml: "application/xhtml+xml",
  xml: "application/xml",
  cjs: TEXT,
  js: TEXT,
  log: TEXT,
  mjs: TEXT,
  ts: TEXT,
  txt: TEXT,
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  epub: "application/epub+zip",
  gz: "application/gzip",
  json: "application/json",
  odp: "application/vnd.oasis.opendocument.presentation",
  ods: "application/vnd.oasis.opendocument.spreadsheet",
  odt: "application/vnd.oasis.opendocument.text",
  pdf: "application/pdf",
  ppt: "application/vnd.ms-powerpoint",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  rtf: "application/rtf",
  tar: "application/x-tar",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  zip: "application/zip",
};

/** Of scripts, where the caller vouches for the files. */
const SCRIPT = "text/javascript; charset=utf-8";
const SCRIPT_NAMES: ReadonlySet<string> = new Set(["js", "mjs"]);

/** The media type of a path; with `trusted`, scripts are scripts and not text. */
export function mediaType(path: string, trusted = false): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  const extension = dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
  if (trusted && SCRIPT_NAMES.has(extension)) return SCRIPT;
  return Object.hasOwn(TYPES, extension) ? (TYPES[extension] ?? UNKNOWN) : UNKNOWN;
}

/** What a browser shows or plays without ever running anything of it in the page's origin. */
const INERT =
  /^(?:image\/(?!svg)[\w.+-]+|audio\/[\w.+-]+|video\/[\w.+-]+|font\/[\w.+-]+|application\/pdf)(?:;|$)/i;

/** Whether nothing of such content can run in the page's origin. */
export function isInert(type: string): boolean {
  return INERT.test(type.trim());
}
