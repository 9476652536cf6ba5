/**
 * "What an attacker sees": the container as it lies in the browser's storage, read without the library.
 * Everything stated here is either read from those bytes or marked as known to the owner only.
 */
import { h } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatBinary, formatBytes, formatCount } from "../shared/format.js";
import { Sheet } from "../shared/sheet.js";
import type { Vault } from "../vault.js";
import { Comparison } from "./comparison.js";
import { countWrittenSlots, readContainer, type ContainerReader } from "./container-reader.js";
import { readPublicHeader, type PublicHeader } from "./public-header.js";
import { searchPanel } from "./search-panel.js";
import { SlotBrowser } from "./slot-browser.js";

const HIDDEN = [
  "names of files and folders",
  "how many there are, and how large each is",
  "the tree of folders",
  "times of creation and change",
  "which slots are in use, and which belong together",
  "the password, other than by guessing it",
] as const;

const NOT_HIDDEN = [
  "Several copies, taken one after the other, show that something was written, when, and about how much.",
  "An older copy can be put back as a whole without the vault noticing by itself.",
  "Who controls this page or this device while the vault is unlocked can do all that you can.",
] as const;

/** Resolves when the inspector is closed. */
export async function openInspector(vault: Vault): Promise<void> {
  const sheet = new Sheet({ title: "What an attacker sees", testId: "inspector", size: "full" });
  const { body } = sheet;
  body.append(h("p", {}, "Reading the storage…"));
  let container: ContainerReader | undefined;
  try {
    // What is acknowledged but not yet on storage would be missing from the picture.
    await vault.repo.sync();
    const { location } = await vault.repo.info();
    container = await readContainer(location);
    await fill(body, container, vault, sheet.signal);
  } catch (error) {
    body.replaceChildren(
      h("p", { class: "form-error", attributes: { role: "alert" } }, explain(error)),
    );
  }
  await sheet.closed;
  container?.close();
}

async function fill(
  body: HTMLElement,
  container: ContainerReader,
  vault: Vault,
  signal: AbortSignal,
): Promise<void> {
  const header = readPublicHeader(container.header);
  const written = await countWrittenSlots(container);
  const comparison = new Comparison(container, written);
  const slots = new SlotBrowser(container);
  body.replaceChildren(
    h(
      "p",
      { class: "lead" },
      "This is the container as it lies in the browser's storage, read now and without the password. Other programs of this user, a backup, or whoever takes the disk can see the same.",
    ),
    h(
      "div",
      { class: "inspector-columns" },
      known(container, written, header, vault.address.name),
      hidden(),
    ),
    h(
      "section",
      {},
      h("h3", {}, "Two views of one vault"),
      h("div", { class: "table-scroll" }, comparison.element),
    ),
    h(
      "section",
      {},
      h("h3", {}, "The slots"),
      h(
        "p",
        { class: "note" },
        `Each tile is a slot of ${formatBinary(container.slotBytes)}; each pixel is one of its first 256 bytes, as stored.`,
      ),
      slots.element,
    ),
    h("section", {}, h("h3", {}, "Look for a text in it"), searchPanel(container, signal)),
  );
  await slots.choose(0);
  await comparison.fill(vault.repo, signal);
}

function known(
  container: ContainerReader,
  written: number,
  header: PublicHeader,
  name: string,
): HTMLElement {
  const { kdf, keySlots } = header;
  const rest = container.slotCount - written;
  const blank = rest > 0 ? `, and blank room for ${formatCount(rest)} more` : "";
  const used = keySlots.filter((type) => type !== "unused");
  const facts: readonly (readonly [string, string])[] = [
    ["Where", container.place],
    ["Name of the vault", `${name} (not what is in it)`],
    ["Format", `${header.magic}, version ${header.format}`],
    ["Cipher", header.cipher],
    ["Slots", `${formatCount(written)} of ${formatBinary(header.slotBytes)}${blank}`],
    ["Size", formatBytes(container.totalBytes)],
    [
      "Cost of a guess",
      kdf === undefined
        ? "no password"
        : `Argon2id, ${formatBinary(kdf.memoryKiB * 1024)} × ${formatCount(kdf.passes)} passes`,
    ],
    [
      "Key slots in use",
      `${formatCount(used.length)} of ${formatCount(keySlots.length)}: ${used.join(", ")}`,
    ],
    ["Salt", kdf?.salt ?? "none"],
    ["Container id", header.containerId],
  ];
  return h(
    "section",
    {},
    h("h3", {}, "Can be learnt"),
    h(
      "dl",
      { class: "facts", testId: "known-facts" },
      ...facts.map(([term, fact]) => h("div", {}, h("dt", {}, term), h("dd", {}, fact))),
    ),
  );
}

function hidden(): HTMLElement {
  return h(
    "section",
    {},
    h("h3", {}, "Cannot be learnt from one copy"),
    h("ul", { class: "hidden-facts" }, ...HIDDEN.map((fact) => h("li", {}, fact))),
    h("h3", {}, "What this does not prevent"),
    h("ul", { class: "open-facts" }, ...NOT_HIDDEN.map((fact) => h("li", {}, fact))),
  );
}
