/** The screen: what is going to be done, how far it is, what has come out, and taking it along as JSON. */
import type { Sample } from "../../../bench/messages.js";
import { summarize } from "../../../bench/report/statistics.js";
import { announce } from "../shared/announcer.js";
import { button } from "../shared/button.js";
import { h, uniqueId } from "../shared/dom.js";
import { figureTables } from "./speed-bars.js";
import {
  EXTENTS,
  runSpeed,
  type SpeedFailure,
  type SpeedProgress,
  type SpeedSize,
} from "./speed-run.js";

const SIZE_WORDS: readonly (readonly [SpeedSize, string])[] = [
  ["small", "Small: a few seconds, figures jump"],
  ["medium", "Medium: about a minute"],
  ["large", "As in the bench: some minutes"],
];

export class SpeedScreen {
  readonly element: HTMLElement;
  readonly #size = h(
    "select",
    { class: "input", id: uniqueId("size"), testId: "speed-size" },
    ...SIZE_WORDS.map(([value, words]) => h("option", { attributes: { value } }, words)),
  );
  readonly #start = button({
    label: "Measure",
    kind: "primary",
    testId: "speed-start",
    onClick: () => {
      void this.#run();
    },
  });
  readonly #cancel = button({
    label: "Cancel",
    testId: "speed-cancel",
    onClick: () => {
      this.#running?.abort();
    },
  });
  readonly #copy = button({
    label: "Copy as JSON",
    testId: "speed-copy",
    onClick: () => {
      void this.#copyJson();
    },
  });
  readonly #progress = h("progress", {
    class: "speed-progress",
    attributes: { "aria-label": "Progress" },
  });
  readonly #words = h("p", { class: "speed-words", testId: "speed-words" });
  readonly #figures = h("div", { class: "speed-figures" });
  readonly #failures = h("ul", { class: "speed-failures", testId: "speed-failures" });
  #running: AbortController | undefined;
  #samples: Sample[] = [];
  #measuredSize: SpeedSize = "small";

  constructor() {
    this.element = h(
      "main",
      { class: "speed", testId: "speed" },
      h("a", { attributes: { href: "./" } }, "← The demo"),
      h("h1", {}, "How fast it is here"),
      h(
        "p",
        { class: "speed-intro" },
        "Writes, reads and opens files in this browser and this device: with cofferfs, with the browser's own storage, unencrypted, and with encryption and storage alone, which is the limit. Nothing is sent anywhere, and what it stores it removes.",
      ),
      h(
        "div",
        { class: "speed-controls" },
        h("label", { attributes: { for: this.#size.id } }, "How much"),
        this.#size,
        this.#start,
        this.#cancel,
        this.#copy,
      ),
      this.#progress,
      this.#words,
      this.#failures,
      this.#figures,
    );
    this.#show("ready");
  }

  async #run(): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    this.#measuredSize = chosenSize(this.#size.value);
    this.#samples = [];
    this.#figures.replaceChildren();
    this.#failures.replaceChildren();
    this.#show("running");
    this.#cancel.focus();
    try {
      await runSpeed(this.#measuredSize, running.signal, {
        onTurn: (progress) => {
          this.#showProgress(progress);
        },
        onSamples: (samples) => {
          this.#samples.push(...samples);
          this.#figures.replaceChildren(...figureTables(summarize(this.#samples)));
        },
        onFailure: (failure) => {
          this.#showFailure(failure);
        },
      });
      this.#say("Done. Medians; other work of the device counts in.");
    } catch (error) {
      this.#say(running.signal.aborted ? "Cancelled." : `It failed: ${String(error)}`);
    } finally {
      this.#running = undefined;
      this.#show(this.#samples.length > 0 ? "measured" : "ready");
      this.#start.focus();
    }
  }

  #show(state: "ready" | "running" | "measured"): void {
    const isRunning = state === "running";
    this.element.dataset["state"] = state;
    this.#start.hidden = isRunning;
    this.#size.disabled = isRunning;
    this.#cancel.hidden = !isRunning;
    this.#progress.hidden = !isRunning;
    this.#copy.hidden = state !== "measured";
  }

  #showProgress({ done, total, workload, entrant }: SpeedProgress): void {
    this.#progress.max = total;
    this.#progress.value = done;
    this.#words.textContent = `${done + 1} of ${total}: ${workload}, ${entrant}`;
  }

  #showFailure({ workload, entrant, reason }: SpeedFailure): void {
    this.#failures.append(h("li", {}, `${workload}, ${entrant}: ${reason}`));
  }

  #say(words: string): void {
    this.#words.textContent = words;
    announce(words);
  }

  async #copyJson(): Promise<void> {
    const report = {
      browser: navigator.userAgent,
      cores: navigator.hardwareConcurrency,
      isolated: crossOriginIsolated,
      ...EXTENTS[this.#measuredSize],
      results: summarize(this.#samples).map(
        ({ workload, metric, entrant, unit, median, values }) => ({
          workload,
          metric,
          entrant,
          unit,
          median,
          values,
        }),
      ),
    };
    try {
      await navigator.clipboard.writeText(JSON.stringify(report, undefined, 1));
      this.#say("Copied.");
    } catch {
      this.#say("The browser did not allow copying.");
    }
  }
}

function chosenSize(value: string): SpeedSize {
  return SIZE_WORDS.find(([size]) => size === value)?.[0] ?? "small";
}
