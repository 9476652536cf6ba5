/** Takes a file out of the vault: it is decrypted and handed to the browser's downloads. */
import type { Repo } from "cofferfs";
import { h } from "../shared/dom.js";
import { readBlob } from "./file-bytes.js";
import type { Item } from "./listing.js";

/** How long the browser may take to begin with a download before its URL goes. */
const URL_LIFETIME_MS = 60_000;

export async function downloadFile(repo: Repo, item: Item): Promise<void> {
  const blob = await readBlob(repo, item.path, "application/octet-stream");
  const url = URL.createObjectURL(blob);
  const link = h("a", { attributes: { href: url, download: item.name } });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, URL_LIFETIME_MS);
}
