/** Buttons of the demo: an icon, a label, or both. Without a visible label there is still a name and a hint. */
import { h } from "./dom.js";
import { icon, type IconName } from "./icons.js";

export interface ButtonOptions {
  readonly label: string;
  readonly icon?: IconName;
  /** Keyboard shortcut, shown in the hint. */
  readonly keys?: string;
  readonly kind?: "plain" | "primary" | "danger" | "quiet";
  /** Leaves the label to screen readers and the hint; `narrow` does so on small screens only. */
  readonly iconOnly?: boolean | "narrow";
  readonly testId?: string;
  readonly type?: "button" | "submit";
  onClick?(): void;
}

export function button(options: ButtonOptions): HTMLButtonElement {
  const { label, kind = "plain", iconOnly = false, keys } = options;
  const hidden =
    iconOnly === true ? "visually-hidden" : iconOnly === "narrow" ? "label-wide" : "label";
  const element = h(
    "button",
    {
      class: `button button-${kind}${iconOnly === true ? " button-icon" : ""}`,
      attributes: {
        type: options.type ?? "button",
        "aria-label": label,
        title: keys === undefined ? label : `${label} (${keys})`,
      },
      on: { click: () => options.onClick?.() },
    },
    options.icon === undefined ? undefined : icon(options.icon),
    h("span", { class: hidden }, label),
  );
  if (options.testId !== undefined) element.dataset["testid"] = options.testId;
  if (iconOnly === false && keys === undefined) element.removeAttribute("title");
  return element;
}
