/**
 * Selection: which rows of a list are selected, which one is active (has the focus), and where a range
 * began. Rows are known by path, so the selection survives sorting, filtering and reloading.
 */

export class Selection {
  #order: readonly string[] = [];
  #index = new Map<string, number>();
  #selected = new Set<string>();
  #active: string | undefined;
  #anchor: string | undefined;

  /** The rows now shown, in order; what is no longer among them is dropped. */
  setOrder(order: readonly string[]): void {
    const before = this.activeIndex;
    this.#order = order;
    this.#index = new Map(order.map((path, index) => [path, index]));
    this.#selected = new Set([...this.#selected].filter((path) => this.#index.has(path)));
    if (this.#active !== undefined && !this.#index.has(this.#active)) {
      this.#active = order[Math.min(Math.max(before, 0), order.length - 1)];
    }
    this.#active ??= order[0];
    if (this.#anchor !== undefined && !this.#index.has(this.#anchor)) this.#anchor = this.#active;
  }

  get activeIndex(): number {
    return this.#active === undefined ? -1 : (this.#index.get(this.#active) ?? -1);
  }

  get selected(): ReadonlySet<string> {
    return this.#selected;
  }

  has(path: string): boolean {
    return this.#selected.has(path);
  }

  /** The one selected row, or the active one. */
  get active(): string | undefined {
    return this.#active;
  }

  /** Moves the focus only. */
  activate(path: string): void {
    if (this.#index.has(path)) this.#active = path;
  }

  only(path: string): void {
    if (!this.#index.has(path)) return;
    this.#selected = new Set([path]);
    this.#active = path;
    this.#anchor = path;
  }

  toggle(path: string): void {
    if (!this.#index.has(path)) return;
    if (!this.#selected.delete(path)) this.#selected.add(path);
    this.#active = path;
    this.#anchor = path;
  }

  /** From where the range began to `path`. */
  extendTo(path: string): void {
    const to = this.#index.get(path);
    const from = this.#index.get(this.#anchor ?? path);
    if (to === undefined || from === undefined) return;
    this.#selected = new Set(this.#order.slice(Math.min(from, to), Math.max(from, to) + 1));
    this.#active = path;
  }

  all(): void {
    this.#selected = new Set(this.#order);
  }

  clear(): void {
    this.#selected.clear();
    this.#anchor = this.#active;
  }
}
