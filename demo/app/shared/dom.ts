/**
 * Building elements by hand: one function, typed by tag, no templates and so nothing to escape.
 * Text always goes in as text nodes; names of files are never markup.
 */

export type Child = Node | string | undefined;

type Listeners = {
  readonly [Type in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Type]) => void;
};

export interface Options {
  readonly class?: string;
  readonly id?: string;
  /** `data-testid`, which the tests in e2e/ find the element by. */
  readonly testId?: string;
  /** `true` sets an empty attribute, `false` leaves it out. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly on?: Listeners;
}

export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  options: Options = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.id !== undefined) element.id = options.id;
  if (options.testId !== undefined) element.dataset["testid"] = options.testId;
  for (const [name, value] of Object.entries(options.attributes ?? {}))
    setAttribute(element, name, value);
  for (const [type, listener] of Object.entries(options.on ?? {})) {
    if (isListener(listener)) element.addEventListener(type, listener);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** `true` sets an empty attribute, `false` removes it. */
export function setAttribute(
  element: Element,
  name: string,
  value: string | number | boolean,
): void {
  if (value === false) element.removeAttribute(name);
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Ids for labels and descriptions. */
export function uniqueId(prefix: string): string {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

let lastId = 0;

/** {@link Listeners} has paired events with their types; `Object.entries` forgets which belongs to which. */
function isListener(value: unknown): value is EventListener {
  return typeof value === "function";
}
