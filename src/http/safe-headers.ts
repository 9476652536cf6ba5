/**
 * The headers that keep what is in a vault from doing harm, and from staying behind (docs/ARCHITECTURE.md, "What comes out of a
 * vault does not run"). Content of a vault may be anybody's: a mail that was saved, a page that was imported.
 */
import { isInert } from "./media-type.js";

/** No script, no form, no origin; and nothing is loaded from anywhere, which would tell what is being read. */
const SANDBOX =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:; font-src data:; frame-ancestors 'self'";
/** What cannot run needs no more; a document of another site shall not frame it. */
const FRAMES = "frame-ancestors 'self'";

export function safeHeaders(type: string, trusted: boolean): Record<string, string> {
  return {
    // Plain content stays out of the browser's caches, which lie on the disk.
    "Cache-Control": "no-store",
    "Content-Security-Policy": trusted || isInert(type) ? FRAMES : SANDBOX,
    "Cross-Origin-Resource-Policy": "same-origin",
    // An address is the name of a file.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  };
}

/** Of a download under the given name (RFC 6266): in ASCII for whoever knows no better, and as it is. */
export function attachment(name: string): string {
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, "_");
  const encoded = encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, "\ufffd")).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
