/**
 * The slots of one page of the container as tiles of pixels, each pixel a byte of ciphertext. Nothing is
 * coloured by what the engine knows: free and used slots look alike because they are alike.
 */
import { h } from "../shared/dom.js";
import { formatCount } from "../shared/format.js";

/** Tiles on a page. */
export const PAGE_SLOTS = 256;
/** Bytes of a slot that are drawn, as a square. */
const TILE_PIXELS = 16;
const GAP = 2;

export class SlotMap {
  readonly element: HTMLElement;
  readonly #canvas: HTMLCanvasElement;
  #columns = 16;
  #first = 0;
  #count = 0;
  #chosen = 0;
  #bytes = new Uint8Array();
  #slotBytes = 1;

  constructor(choose: (slot: number) => void) {
    this.#canvas = h("canvas", {
      class: "slot-map",
      testId: "slot-map",
      attributes: { role: "img" },
      on: {
        click: (event) => {
          const slot = this.#slotAt(event);
          if (slot !== undefined) choose(slot);
        },
      },
    });
    this.element = h("div", { class: "slot-map-frame" }, this.#canvas);
  }

  /** `bytes` holds `count` slots from `first`. */
  show(bytes: Uint8Array<ArrayBuffer>, first: number, slotBytes: number): void {
    this.#bytes = bytes;
    this.#first = first;
    this.#slotBytes = slotBytes;
    this.#count = Math.floor(bytes.length / slotBytes);
    this.#columns = window.innerWidth < 700 ? 16 : 32;
    const last = first + this.#count - 1;
    this.#canvas.setAttribute(
      "aria-label",
      `Slots ${formatCount(first)} to ${formatCount(last)} as pixels, one for each of their first bytes.`,
    );
    this.#draw();
  }

  choose(slot: number): void {
    this.#chosen = slot;
    this.#draw();
  }

  #draw(): void {
    const pitch = TILE_PIXELS + GAP;
    const rows = Math.ceil(Math.max(1, this.#count) / this.#columns);
    this.#canvas.width = this.#columns * pitch + GAP;
    this.#canvas.height = rows * pitch + GAP;
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    const style = getComputedStyle(this.#canvas);
    const palette = makePalette(
      style.getPropertyValue("--map-low"),
      style.getPropertyValue("--map-high"),
    );
    for (let index = 0; index < this.#count; index += 1) {
      const x = GAP + (index % this.#columns) * pitch;
      const y = GAP + Math.floor(index / this.#columns) * pitch;
      context.putImageData(this.#tile(index, palette), x, y);
      if (this.#first + index === this.#chosen) {
        context.strokeStyle = style.getPropertyValue("--map-chosen");
        context.lineWidth = GAP;
        context.strokeRect(x - 1, y - 1, TILE_PIXELS + 2, TILE_PIXELS + 2);
      }
    }
  }

  #tile(index: number, palette: Uint8Array): ImageData {
    const image = new ImageData(TILE_PIXELS, TILE_PIXELS);
    const at = index * this.#slotBytes;
    for (let pixel = 0; pixel < TILE_PIXELS * TILE_PIXELS; pixel += 1) {
      const color = (this.#bytes[at + pixel] ?? 0) * 3;
      image.data.set(palette.subarray(color, color + 3), pixel * 4);
      image.data[pixel * 4 + 3] = 255;
    }
    return image;
  }

  #slotAt(event: MouseEvent): number | undefined {
    const box = this.#canvas.getBoundingClientRect();
    const scale = this.#canvas.width / box.width;
    const pitch = TILE_PIXELS + GAP;
    const column = Math.floor(((event.clientX - box.left) * scale) / pitch);
    const row = Math.floor(((event.clientY - box.top) * scale) / pitch);
    const index = row * this.#columns + Math.min(column, this.#columns - 1);
    return index < this.#count ? this.#first + index : undefined;
  }
}

/** 256 colours from one to another, three bytes each; both given as `r g b`. */
function makePalette(low: string, high: string): Uint8Array {
  const [from, to] = [parseColor(low), parseColor(high)];
  const palette = new Uint8Array(256 * 3);
  for (let byte = 0; byte < 256; byte += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      const [a, b] = [from[channel] ?? 0, to[channel] ?? 255];
      palette[byte * 3 + channel] = Math.round(a + ((b - a) * byte) / 255);
    }
  }
  return palette;
}

function parseColor(text: string): number[] {
  return text.trim().split(/\s+/).map(Number);
}
