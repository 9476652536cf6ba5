import { expect, test } from "vitest";
import { SimulatedDisk } from "../../simulated-disk/simulated-disk.js";
import { createRepo, openRepo, testKeys } from "../../support/repo.js";

test("what is written is there after reopening", async () => {
  const keys = await testKeys();
  const disk = new SimulatedDisk();
  const { fs, engine } = await createRepo(disk.open("create"), keys);
  const big = new Uint8Array(100_000).map((_, i) => i % 251);
  await fs.mkdir("/a");
  await fs.writeFile("/a/b.txt", new TextEncoder().encode("hello"));
  await fs.writeFile("/a/big", big);
  for (let i = 0; i < 500; i++) await fs.writeFile(`/a/f${i}`, new Uint8Array(i * 7).fill(i));
  await fs.symlink("b.txt", "/a/link");
  expect(await fs.readFile("/a/big")).toEqual(big);
  const report = await engine.check();
  expect(report.problems).toEqual([]);
  expect(report.damage).toEqual([]);
  await fs.close();
  const again = await openRepo(disk.open(), keys);
  expect(await again.fs.readFile("/a/big")).toEqual(big);
  expect(new TextDecoder().decode(await again.fs.readFile("/a/link"))).toBe("hello");
  expect((await again.fs.readdir("/a")).length).toBe(503);
  for (let i = 0; i < 500; i++) {
    expect((await again.fs.readFile(`/a/f${i}`)).length).toBe(i * 7);
    if (i % 3 !== 0) await again.fs.unlink(`/a/f${i}`);
  }
  expect((await again.engine.check()).problems).toEqual([]);
  console.log(again.engine.stats());
  await again.fs.close();
  const third = await openRepo(disk.open(), keys);
  const r3 = await third.engine.check();
  expect(r3.problems).toEqual([]);
  console.log(third.engine.stats(), r3);
});
