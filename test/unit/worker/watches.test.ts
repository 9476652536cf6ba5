/** Watches as the worker keeps them for a page that may be quick to change its mind. */
import { expect, it } from "vitest";
import type { WatchedChange } from "../../../src/worker/protocol.js";
import { Watches } from "../../../src/worker/watches.js";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { createRepo, testKeys } from "../../support/repo.js";

it("ends what has not begun yet, and what could not begin", async () => {
  const { fs } = await createRepo(new SimulatedDisk().open("create"), await testKeys());
  const told: WatchedChange[] = [];
  const watches = new Watches(fs, (change) => told.push(change));
  const begun = watches.begin(1, "/", false);
  watches.end(1);
  await begun;
  await expect(watches.begin(2, "/missing", false)).rejects.toMatchObject({ syscall: "watch" });
  expect(await watches.begin(3, "/..", false)).toBe("/");
  await fs.mkdir("/d");
  watches.end(3);
  await fs.mkdir("/e");
  expect(told).toEqual([{ watch: 3, type: "rename", path: "/d", entry: "directory" }]);
});
