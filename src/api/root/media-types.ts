/** MediaTypes: what a browser says that a file is, by the end of its name. */

const ENDINGS: Readonly<Record<string, string>> = {
  "application/epub+zip": "epub",
  "application/gzip": "gz tgz",
  "application/json": "json",
  "application/pdf": "pdf",
  "application/wasm": "wasm",
  "application/x-tar": "tar",
  "application/xhtml+xml": "xhtml xht",
  "application/zip": "zip",
  "audio/flac": "flac",
  "audio/mpeg": "mp3",
  "audio/ogg": "ogg oga opus",
  "audio/wav": "wav",
  "audio/x-m4a": "m4a",
  "image/avif": "avif",
  "image/bmp": "bmp",
  "image/gif": "gif",
  "image/jpeg": "jpg jpeg",
  "image/png": "png",
  "image/svg+xml": "svg",
  "image/tiff": "tif tiff",
  "image/webp": "webp",
  "image/x-icon": "ico",
  "text/calendar": "ics",
  "text/css": "css",
  "text/csv": "csv",
  "text/html": "html htm",
  "text/javascript": "js mjs",
  "text/markdown": "md markdown",
  "text/plain": "txt text",
  "text/xml": "xml",
  "video/mp4": "mp4 m4v",
  "video/ogg": "ogv",
  "video/webm": "webm",
};

/** Empty for a name that tells nothing. */
export function mediaType(name: string): string {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase();
  if (ending === undefined) return "";
  for (const [type, endings] of Object.entries(ENDINGS))
    if (endings.split(" ").includes(ending)) return type;
  return "";
}
