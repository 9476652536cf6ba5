/** What every test of a repo may ask at its end. */
import { expect } from "vitest";
import type { TestRepo } from "./repo.js";

/** Everything stored opens, and every count is right. */
export async function expectWhole({ engine }: TestRepo): Promise<void> {
  const { problems, damage } = await engine.check();
  expect(problems).toEqual([]);
  expect(damage).toEqual([]);
}
