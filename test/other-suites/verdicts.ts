/**
 * Makes a test of each case of another project's suite. A case passes, or it is excluded by name and with a reason; one that is excluded has to
 * fail, so that the list cannot outlive its reasons.
 */
import { expect, it } from "vitest";
import type { Outcome } from "./case-collector.js";

/** Why each of these cases cannot pass, by name. */
export type Exclusions = Readonly<Record<string, string>>;

/** `known` is how many cases there are at least, the excluded ones among them. */
export function verdicts(outcomes: readonly Outcome[], excluded: Exclusions, known: number): void {
  for (const { name, failure } of outcomes) {
    const reason = excluded[name];
    if (reason === undefined)
      it(name, () => {
        if (failure !== undefined) throw failure;
      });
    else
      it(`excluded, and still fails: ${name}`, () => {
        expect(failure, `it passes, though: ${reason}`).toBeDefined();
      });
  }

  it("each case has a name of its own, and what is excluded exists", () => {
    const names = outcomes.map(({ name }) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(Object.keys(excluded).filter((name) => !names.includes(name))).toEqual([]);
  });

  it(`there are no fewer than ${known} cases`, () => {
    expect(outcomes.length).toBeGreaterThanOrEqual(known);
  });
}
