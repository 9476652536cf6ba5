/** Runs `repo.check()`, which reads and authenticates every slot in use, and says what it found. */
import type { Repo } from "cofferfs";
import { tell } from "../shared/dialog.js";
import { h, type Child } from "../shared/dom.js";
import { explain } from "../shared/explain.js";
import { formatCount, formatDuration, formatPlural } from "../shared/format.js";

type Report = Awaited<ReturnType<Repo["check"]>>;

export async function checkVault(repo: Repo): Promise<void> {
  const body = h(
    "div",
    { attributes: { role: "status" }, testId: "check-result" },
    h("p", {}, "Reading and authenticating everything that is stored…"),
    h("progress", { attributes: { "aria-label": "Check" } }),
  );
  const closed = tell("Check the vault", [body], "check-dialog");
  const started = performance.now();
  try {
    const report = await repo.check();
    body.replaceChildren(...reportLines(report, performance.now() - started));
  } catch (error) {
    body.replaceChildren(h("p", { class: "form-error" }, explain(error)));
  }
  await closed;
}

function reportLines(report: Report, ms: number): HTMLElement[] {
  const { files, directories, liveSlots, freeSlots, slots, generation } = report;
  // The root is a directory to the engine, but no folder that anybody made.
  const counts = h(
    "p",
    { class: "note" },
    `${formatPlural(files, "file")}, ${formatPlural(directories - 1, "folder")}; ` +
      `${formatCount(liveSlots)} of ${formatPlural(slots, "slot")} in use, ${formatCount(freeSlots)} free; ` +
      `commit number ${formatCount(generation)}. Took ${formatDuration(ms)}.`,
  );
  if (report.ok) {
    return [
      h(
        "p",
        { class: "good", testId: "check-ok" },
        "No damage: every slot in use is authentic, and the records agree with each other.",
      ),
      counts,
    ];
  }
  return [
    h("p", { class: "form-error", testId: "check-damage" }, "Something is wrong."),
    list(
      "Damaged",
      report.damage.map(({ path, what }) => [h("b", {}, path), ` (${what})`]),
    ),
    list(
      "Contradictions, a defect of the program",
      report.problems.map((problem) => [problem]),
    ),
    counts,
  ];
}

function list(title: string, lines: readonly (readonly Child[])[]): HTMLElement {
  if (lines.length === 0) return h("div");
  return h(
    "div",
    {},
    h("h3", {}, title),
    h("ul", {}, ...lines.map((line) => h("li", {}, ...line))),
  );
}
