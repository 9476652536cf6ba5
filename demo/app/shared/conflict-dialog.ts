/** Something of this name is there already: what now? Asked one at a time, once for all if wanted. */
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";

export type ConflictChoice = "replace" | "skip" | "keepBoth" | "stop";

export interface Conflict {
  readonly name: string;
  readonly folder: string;
  /** A folder is never replaced by a file, nor the other way round. */
  readonly canReplace: boolean;
}

interface Answer {
  readonly choice: ConflictChoice;
  readonly forAll: boolean;
}

/** Remembers an answer that was given for all. Calls may overlap: they wait for one another. */
export class ConflictQuestions {
  #forAll: ConflictChoice | undefined;
  #last: Promise<unknown> = Promise.resolve();

  ask(conflict: Conflict): Promise<ConflictChoice> {
    const answer = this.#last.then(() => this.#askNow(conflict));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #askNow(conflict: Conflict): Promise<ConflictChoice> {
    const known = this.#forAll;
    if (known !== undefined && (known !== "replace" || conflict.canReplace)) return known;
    const { choice, forAll } = await askConflict(conflict);
    if (forAll || choice === "stop") this.#forAll = choice;
    return choice;
  }
}

function askConflict({ name, folder, canReplace }: Conflict): Promise<Answer> {
  const forAll = h("input", { testId: "conflict-for-all", attributes: { type: "checkbox" } });
  const action = (
    label: string,
    choice: ConflictChoice,
    testId: string,
    kind?: "primary" | "danger",
  ) => ({
    label,
    testId,
    ...(kind !== undefined && { kind }),
    answer: (): Answer => ({ choice, forAll: forAll.checked }),
  });
  return openDialog<Answer>({
    title: `“${name}” is there already`,
    body: [
      h("p", {}, `The folder ${folder} has something of this name.`),
      h("label", { class: "check-line" }, forAll, "Do the same for all further conflicts"),
    ],
    dismissed: { choice: "stop", forAll: true },
    testId: "conflict-dialog",
    actions: [
      action("Skip", "skip", "conflict-skip"),
      ...(canReplace ? [action("Replace", "replace", "conflict-replace", "danger")] : []),
      action("Keep both", "keepBoth", "conflict-keep", "primary"),
    ],
  });
}
