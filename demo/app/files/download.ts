/** Takes something out of the vault: it is handed to the browser's downloads. */
import { h } from "../shared/dom.js";
import { readBlob, type StoredFile } from "./stored-file.js";

/** How long the browser may take to begin with a download before its URL goes. */
const URL_LIFETIME_MS = 60_000;

/** Decrypted. */
export async function downloadFile(file: StoredFile): Promise<void> {
  downloadBlob(await readBlob(file, "application/octet-stream"), file.name);
}

export function downloadBlob(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = h("a", { attributes: { href: url, download: name } });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, URL_LIFETIME_MS);
}
