/** Entropy of each slot of a page as a bar from 0 to 8 bits per byte. A file of text would reach half way. */
import { h } from "../shared/dom.js";

const WIDTH = 768;
const HEIGHT = 120;
const MAX_BITS = 8;
/** English text in ASCII, by its letters alone. */
const TEXT_BITS = 4.3;

export class EntropyPlot {
  readonly element: HTMLCanvasElement;

  constructor() {
    this.element = h("canvas", {
      class: "entropy-plot",
      attributes: { width: WIDTH, height: HEIGHT, role: "img" },
    });
  }

  show(values: readonly number[], chosen: number): void {
    const context = this.element.getContext("2d");
    if (context === null) return;
    const style = getComputedStyle(this.element);
    const color = (name: string): string => style.getPropertyValue(name).trim();
    const width = WIDTH / Math.max(1, values.length);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    values.forEach((bits, index) => {
      const height = (bits / MAX_BITS) * HEIGHT;
      context.fillStyle = color(index === chosen ? "--map-chosen" : "--plot-bar");
      context.fillRect(index * width, HEIGHT - height, Math.max(1, width - 1), height);
    });
    const textAt = HEIGHT - (TEXT_BITS / MAX_BITS) * HEIGHT;
    context.fillStyle = color("--plot-mark");
    context.fillRect(0, textAt, WIDTH, 2);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    this.element.setAttribute(
      "aria-label",
      `Entropy of ${values.length} slots: from ${low.toFixed(4)} to ${high.toFixed(4)} bits per byte. Text would have about ${TEXT_BITS}.`,
    );
  }
}
