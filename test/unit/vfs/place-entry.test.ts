/** Entries that an import places: files that were written before they had a name. */
import { expect, it } from "vitest";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { createRepo, testKeys } from "../../support/repo.js";

it("a nameless file is not placed in a tree that another one was restored over, which may have less of it", async () => {
  const { fs, engine } = await createRepo(new SimulatedDisk().open("create"), await testKeys());
  const handle = await fs.openNameless();
  await handle.write(Uint8Array.of(1, 2, 3), 0);
  await engine.snapshots.take("early");
  await handle.write(Uint8Array.of(4, 5, 6), 3);
  await engine.snapshots.restore("early");
  const entry = { path: "late", type: "file", handle } as const;
  await expect(fs.place("/", entry, "error")).rejects.toMatchObject({ code: "ESTALE" });
  await handle.close();
  expect(await fs.readdir("/")).toEqual([]);
});
