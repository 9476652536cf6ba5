/**
 * Row window: keeps only the rows near the visible part of a long list in the document. All rows have
 * one height, so the scroll bar is right without building them. The active row stays in the document
 * wherever it is, since it carries the focus.
 */

export interface Row {
  readonly key: string;
  readonly element: HTMLElement;
}

export interface RowSource<R extends Row> {
  readonly count: number;
  readonly activeIndex: number;
  /** What stays the same when rows change places. */
  keyAt(index: number): string;
  /** Builds the row; it is positioned by the window. */
  buildRow(index: number): R;
  /** Brings the row up to date. */
  updateRow(row: R, index: number): void;
  /** Told which rows are about to be seen. `end` is exclusive. */
  willShow(start: number, end: number): void;
}

/** Rows kept beyond each edge, so that a quick scroll shows no gap. */
const MARGIN_ROWS = 8;

export class RowWindow<R extends Row> {
  readonly #scroller: HTMLElement;
  readonly #body: HTMLElement;
  readonly #source: RowSource<R>;
  #rows = new Map<number, R>();
  /** Rows of before a reset that may be used again. */
  #spare = new Map<string, R>();
  #rowHeight = 40;
  #scheduled = false;

  /** `body` lies in `scroller`; its rows are placed from its top. */
  constructor(scroller: HTMLElement, body: HTMLElement, source: RowSource<R>) {
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

  get pageRows(): number {
    return Math.max(1, Math.floor(this.#visibleHeight() / this.#rowHeight) - 1);
  }

  row(index: number): HTMLElement | undefined {
    return this.#rows.get(index)?.element;
  }

  /** The items or their order have changed. Rows of items that stay are kept, and with them the focus. */
  reset(): void {
    // Set by styles/tokens.css, larger for fingers.
    const height = getComputedStyle(this.#body).getPropertyValue("--row-height");
    this.#rowHeight = Number.parseFloat(height) || this.#rowHeight;
    const { count } = this.#source;
    this.#spare = new Map([...this.#rows.values()].map((row) => [row.key, row]));
    this.#rows = new Map();
    this.#body.style.height = `${String(count * this.#rowHeight)}px`;
    this.render();
    for (const row of this.#spare.values()) row.element.remove();
    this.#spare.clear();
    this.refresh();
  }

  /** Brings up to date what is in the document. */
  refresh(): void {
    for (const [index, row] of this.#rows) this.#source.updateRow(row, index);
  }

  scrollTo(index: number): void {
    const rowHeight = this.#rowHeight;
    const top = index * rowHeight;
    const { scrollTop } = this.#scroller;
    const height = this.#visibleHeight();
    if (top < scrollTop) this.#scroller.scrollTop = top;
    else if (top + rowHeight > scrollTop + height)
      this.#scroller.scrollTop = top + rowHeight - height;
    this.render();
  }

  render(): void {
    const rowHeight = this.#rowHeight;
    const { count, activeIndex } = this.#source;
    const first = Math.floor(this.#scroller.scrollTop / rowHeight);
    const start = Math.max(0, first - MARGIN_ROWS);
    const visible = Math.ceil(this.#visibleHeight() / rowHeight);
    const end = Math.min(count, first + visible + MARGIN_ROWS);
    for (const [index, row] of this.#rows) {
      const wanted = (index >= start && index < end) || index === activeIndex;
      if (!wanted) {
        row.element.remove();
        this.#rows.delete(index);
      }
    }
    for (let index = start; index < end; index += 1) this.#ensure(index);
    if (activeIndex >= 0 && activeIndex < count) this.#ensure(activeIndex);
    this.#arrange();
    this.#source.willShow(start, end);
  }

  #ensure(index: number): void {
    if (this.#rows.has(index)) return;
    const key = this.#source.keyAt(index);
    const row = this.#spare.get(key) ?? this.#source.buildRow(index);
    this.#spare.delete(key);
    this.#source.updateRow(row, index);
    row.element.style.transform = `translateY(${String(index * this.#rowHeight)}px)`;
    this.#rows.set(index, row);
  }

  /** Puts rows in order, which screen readers follow; one in its place is not touched, or it lost the focus. */
  #arrange(): void {
    let next = this.#body.firstChild;
    for (const [, { element }] of [...this.#rows].sort(([a], [b]) => a - b)) {
      if (element === next) next = element.nextSibling;
      else this.#body.insertBefore(element, next);
    }
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
