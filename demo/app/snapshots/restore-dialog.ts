/** Before a whole vault goes back: what will be lost, and whether to keep it in a snapshot first. */
import { openDialog } from "../shared/dialog.js";
import { h } from "../shared/dom.js";
import { formatDate } from "../shared/format.js";

export type RestoreAnswer = "no" | "snapshotFirst" | "yes";

/** `keepAs` is the name of the snapshot that is offered. */
export function askRestore(
  name: string,
  createdMs: number,
  keepAs: string,
): Promise<RestoreAnswer> {
  const keep = h("input", {
    testId: "restore-keep",
    attributes: { type: "checkbox", checked: true },
  });
  return openDialog<RestoreAnswer>({
    title: `Take the whole vault back to “${name}”?`,
    body: [
      h(
        "p",
        {},
        `Every file and folder becomes what it was on ${formatDate(createdMs)}. What was added, changed or deleted since then is lost, version histories included, unless a snapshot has it.`,
      ),
      h(
        "label",
        { class: "check-line" },
        keep,
        h("span", {}, `First take a snapshot of how it is now: “${keepAs}”`),
      ),
    ],
    dismissed: "no",
    testId: "restore-dialog",
    actions: [
      { label: "Cancel", testId: "dialog-cancel", answer: () => "no" },
      {
        label: "Take it back",
        kind: "danger",
        testId: "dialog-confirm",
        answer: () => (keep.checked ? "snapshotFirst" : "yes"),
      },
    ],
  });
}
