/**
 * Row window: keeps only the rows near the visible part of a long list in the document. All rows have
 * one height, so the scroll bar is right without building them. The active row stays in the document
 * wherever it is, since it carries the focus.
 */

export interface RowSource {
  readonly count: number;
  readonly activeIndex: number;
  /** Builds the row; it is positioned by the window. */
  buildRow(index: number): HTMLElement;
  /** Told which rows are about to be seen. `end` is exclusive. */
  willShow(start: number, end: number): void;
}

/** Rows kept beyond each edge, so that a quick scroll shows no gap. */
const MARGIN_ROWS = 8;

export class RowWindow {
  readonly #scroller: HTMLElement;
  readonly #body: HTMLElement;
  readonly #source: RowSource;
  readonly #rows = new Map<number, HTMLElement>();
  #scheduled = false;

  /** `body` lies in `scroller`; its rows are placed from its top. */
  constructor(scroller: HTMLElement, body: HTMLElement, source: RowSource) {
    this.#scroller = scroller;
    this.#body = body;
    this.#source = source;
    scroller.addEventListener("scroll", () => {
      this.#schedule();
    });
    new ResizeObserver(() => {
      this.#schedule();
    }).observe(scroller);
  }

  get rowHeight(): number {
    const height = getComputedStyle(this.#body).getPropertyValue("--row-height");
    return Number.parseFloat(height) || 40;
  }

  get pageRows(): number {
    return Math.max(1, Math.floor(this.#visibleHeight() / this.rowHeight) - 1);
  }

  row(index: number): HTMLElement | undefined {
    return this.#rows.get(index);
  }

  /** Builds every row anew: the items or their order have changed. */
  reset(): void {
    this.#rows.clear();
    this.#body.replaceChildren();
    this.#body.style.height = `${this.#source.count * this.rowHeight}px`;
    this.render();
  }

  /** Builds one row anew if it is there. */
  refresh(index: number): void {
    const old = this.#rows.get(index);
    if (old === undefined) return;
    const hadFocus = old.contains(document.activeElement);
    const row = this.#place(index);
    old.replaceWith(row);
    this.#rows.set(index, row);
    if (hadFocus) row.focus({ preventScroll: true });
  }

  refreshAll(): void {
    for (const index of [...this.#rows.keys()]) this.refresh(index);
  }

  scrollTo(index: number): void {
    const { rowHeight } = this;
    const top = index * rowHeight;
    const { scrollTop } = this.#scroller;
    const height = this.#visibleHeight();
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + rowHeight > scrollTop + height)
      this.#scroller.scrollTop = top + rowHeight - height;
    this.render();
  }

  render(): void {
    const { rowHeight } = this;
    const { count, activeIndex } = this.#source;
    const first = Math.floor(this.#scroller.scrollTop / rowHeight);
    const start = Math.max(0, first - MARGIN_ROWS);
    const visible = Math.ceil(this.#visibleHeight() / rowHeight);
    const end = Math.min(count, first + visible + MARGIN_ROWS);
    for (const [index, row] of this.#rows) {
      const wanted = (index >= start && index < end) || index === activeIndex;
      if (!wanted) {
        row.remove();
        this.#rows.delete(index);
      }
    }
    for (let index = start; index < end; index += 1) this.#ensure(index);
    if (activeIndex >= 0 && activeIndex < count) this.#ensure(activeIndex);
    this.#source.willShow(start, end);
  }

  /** Rows are inserted in order: screen readers and tests walk the document. */
  #ensure(index: number): void {
    if (this.#rows.has(index)) return;
    const row = this.#place(index);
    const next = [...this.#rows.keys()].filter((other) => other > index).sort((a, b) => a - b)[0];
    const before = next === undefined ? null : (this.#rows.get(next) ?? null);
    this.#body.insertBefore(row, before);
    this.#rows.set(index, row);
  }

  #place(index: number): HTMLElement {
    const row = this.#source.buildRow(index);
    row.style.transform = `translateY(${index * this.rowHeight}px)`;
    return row;
  }

  #visibleHeight(): number {
    return this.#scroller.clientHeight - this.#body.offsetTop;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      if (this.#scroller.isConnected) this.render();
    });
  }
}
