/** Pages through the slots: the map, the plot of their entropy, and one chosen slot in hexadecimal. */
import { button } from "../shared/button.js";
import { h, uniqueId } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatBinary, formatCount, formatPlural } from "../shared/format.js";
import { hexDump } from "../shared/hex.js";
import type { ContainerReader } from "./container-reader.js";
import { EntropyPlot } from "./entropy-plot.js";
import { entropy, randomEntropy } from "./entropy.js";
import { PAGE_SLOTS, SlotMap } from "./slot-map.js";

export class SlotBrowser {
  readonly element: HTMLElement;
  readonly #container: ContainerReader;
  readonly #map: SlotMap;
  readonly #plot = new EntropyPlot();
  readonly #page = h("span", { testId: "slot-page" });
  readonly #figures = h("p", { class: "note", testId: "entropy-figures" });
  readonly #number: HTMLInputElement;
  readonly #facts = h("p", { class: "note", testId: "slot-facts", attributes: { role: "status" } });
  readonly #hex = h("pre", {
    class: "hex",
    testId: "slot-hex",
    attributes: { tabindex: 0, "aria-label": "Bytes of the slot" },
  });
  #first = 0;
  #chosen = 0;
  #bytes = new Uint8Array();
  #entropies: number[] = [];

  constructor(container: ContainerReader) {
    this.#container = container;
    this.#map = new SlotMap((slot) => void this.choose(slot));
    this.#number = h("input", {
      class: "input slot-number",
      id: uniqueId("slot"),
      testId: "slot-number",
      attributes: { type: "number", min: 0, max: Math.max(0, container.slotCount - 1), value: 0 },
      on: { change: () => void this.choose(this.#number.valueAsNumber) },
    });
    this.element = h(
      "div",
      { class: "slot-browser" },
      this.#pager(),
      this.#map.element,
      this.#entropyPart(),
      this.#slotPart(),
    );
  }

  /** Shows the slot, and the page that it is on. */
  async choose(slot: number): Promise<void> {
    const { slotCount } = this.#container;
    if (slotCount === 0) return;
    const wanted = Number.isFinite(slot) ? Math.floor(slot) : 0;
    this.#chosen = Math.min(Math.max(0, wanted), slotCount - 1);
    const first = this.#chosen - (this.#chosen % PAGE_SLOTS);
    try {
      if (first !== this.#first || this.#bytes.length === 0) await this.#load(first);
      this.#showSlot();
    } catch (error) {
      this.#facts.textContent = explain(error);
    }
  }

  async #load(first: number): Promise<void> {
    const { slotBytes, slotCount } = this.#container;
    const bytes = await this.#container.readSlots(first, Math.min(PAGE_SLOTS, slotCount - first));
    this.#first = first;
    this.#bytes = bytes;
    const count = Math.floor(bytes.length / slotBytes);
    this.#entropies = Array.from({ length: count }, (_, index) =>
      entropy(bytes.subarray(index * slotBytes, (index + 1) * slotBytes)),
    );
    this.#map.show(bytes, first, slotBytes);
    this.#page.textContent = `Slots ${formatCount(first)}–${formatCount(first + count - 1)} of ${formatCount(slotCount)}`;
    this.#showFigures();
  }

  #showFigures(): void {
    const values = this.#entropies.filter((bits) => bits > 0);
    const blank = this.#entropies.length - values.length;
    const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
    const random = randomEntropy(this.#container.slotBytes);
    this.#figures.textContent =
      `Mean ${mean.toFixed(4)} bits per byte, from ${Math.min(...values).toFixed(4)} to ${Math.max(...values).toFixed(4)}. ` +
      `Random bytes of this length: ${random.mean.toFixed(4)} ± ${random.deviation.toFixed(4)}.` +
      (blank > 0
        ? ` ${formatPlural(blank, "slot")} without any bytes: room taken ahead of need, given back when the vault is locked.`
        : "");
  }

  #showSlot(): void {
    const { slotBytes } = this.#container;
    const index = this.#chosen - this.#first;
    const bytes = this.#bytes.subarray(index * slotBytes, (index + 1) * slotBytes);
    this.#number.value = String(this.#chosen);
    this.#map.choose(this.#chosen);
    this.#plot.show(this.#entropies, index);
    const bits = this.#entropies[index] ?? 0;
    const verdict =
      bits > 0
        ? "In use or free, folder or file: the bytes do not tell."
        : "Never written: room taken ahead of need.";
    this.#facts.textContent = `Slot ${formatCount(this.#chosen)}: ${formatBinary(bytes.length)}, ${bits.toFixed(4)} bits per byte. ${verdict}`;
    this.#hex.textContent = hexDump(bytes);
    this.#hex.scrollTop = 0;
  }

  #pager(): HTMLElement {
    const turn = (by: number): void => {
      void this.choose(this.#first + by * PAGE_SLOTS);
    };
    return h(
      "div",
      { class: "pager" },
      this.#page,
      button({
        label: "Previous slots",
        testId: "slots-previous",
        onClick: () => {
          turn(-1);
        },
      }),
      button({
        label: "Next slots",
        testId: "slots-next",
        onClick: () => {
          turn(1);
        },
      }),
    );
  }

  #entropyPart(): HTMLElement {
    return h(
      "div",
      { class: "entropy" },
      h("h3", {}, "Entropy of each slot above"),
      this.#plot.element,
      h(
        "p",
        { class: "note" },
        `Bars reach from 0 to 8 bits per byte; the line is about where English text would end. `,
      ),
      this.#figures,
    );
  }

  #slotPart(): HTMLElement {
    const max = formatPlural(this.#container.slotCount, "slot");
    return h(
      "div",
      { class: "slot-part" },
      h("h3", {}, "One slot"),
      h(
        "div",
        { class: "slot-line" },
        h("label", { attributes: { for: this.#number.id } }, `Number (of ${max})`),
        this.#number,
      ),
      this.#facts,
      this.#hex,
    );
  }
}
