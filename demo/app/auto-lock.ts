/**
 * When a vault locks by itself: a choice of this browser, kept in localStorage for all vaults. It is no secret, and
 * nothing is lost with it.
 */
import type { AutoLockOptions } from "cofferfs";
import { select } from "./shared/fields.js";

const KEY = "cofferfs-demo:auto-lock";
const MINUTE_MS = 60_000;

const CHOICES = {
  never: { label: "Never", options: undefined },
  "1": { label: "After 1 minute unused", options: { idleMs: MINUTE_MS } },
  "5": { label: "After 5 minutes unused", options: { idleMs: 5 * MINUTE_MS } },
  "15": { label: "After 15 minutes unused", options: { idleMs: 15 * MINUTE_MS } },
  "60": { label: "After an hour unused", options: { idleMs: 60 * MINUTE_MS } },
  hidden: { label: "As soon as the page is hidden", options: { whenHidden: true } },
} as const;

type Choice = keyof typeof CHOICES;

const DEFAULT: Choice = "15";

/** Undefined for never. */
export function autoLockOptions(): AutoLockOptions | undefined {
  return CHOICES[choice()].options;
}

/** Changes the choice when it is changed. */
export function autoLockSelect(): HTMLSelectElement {
  const labels = Object.entries(CHOICES).map(([value, { label }]) => [value, label] as const);
  const control = select("auto-lock", labels);
  // Keys that look like numbers come first whatever their place.
  control.prepend(...control.querySelectorAll('option[value="never"]'));
  control.value = choice();
  control.addEventListener("change", () => {
    localStorage.setItem(KEY, control.value);
  });
  return control;
}

function choice(): Choice {
  const kept = localStorage.getItem(KEY);
  return kept !== null && isChoice(kept) ? kept : DEFAULT;
}

function isChoice(value: string): value is Choice {
  return Object.hasOwn(CHOICES, value);
}
