/** Repo and File in ZboxFS's shape, over a worker in this thread; the same cases run in a browser. */
import { expect, test } from "vitest";
import * as api from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { zboxCases } from "../../suites/zbox-cases.js";

const { factory: worker } = fakeWorkers();
let names = 0;

test.each(zboxCases)("$name", async ({ run }) => {
  await expect(
    run({ api, worker, newUri: () => `mem://zbox-${++names}` }),
  ).resolves.toBeUndefined();
});
