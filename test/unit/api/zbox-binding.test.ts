/** `cofferfs/zbox` over a worker in this thread; the same cases run in a browser. */
import { expect, test } from "vitest";
import * as binding from "../../../src/zbox/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { bindingCases } from "../../suites/zbox-binding-cases.js";

const { factory: worker } = fakeWorkers();
let names = 0;

test.each(bindingCases)("$name", async ({ run }) => {
  const newUri = (): string => `mem://binding-${++names}`;
  await expect(run({ binding, worker, newUri })).resolves.toBeUndefined();
});
