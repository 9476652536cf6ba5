/**
 * Containers of test/repos, made by the first release of their format and never made again: every later one opens them, finds
 * what the file beside them says, and goes on writing. The password is tried by test/consumers/node.spec.ts.
 */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openRepo } from "../../../src/node/index.js";
import { describeTree, type TreeReport } from "../../support/tree-report.js";

interface Golden extends TreeReport {
  readonly credentials: { readonly rawKey: string; readonly recoveryKey: string };
}

const REPOS = new URL("../../repos/", import.meta.url);
const names = readdirSync(REPOS)
  .filter((name) => name.endsWith(".coffer"))
  .map((name) => name.slice(0, -".coffer".length))
  .toSorted();

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cofferfs-golden-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("there is one for each cipher and compression of format 1", () => {
  expect(names).toEqual(["v1-aes", "v1-aes-lz4", "v1-xchacha-zstd"]);
});

describe.each(names)("%s", (name) => {
  const { credentials, ...golden } = JSON.parse(
    readFileSync(new URL(`${name}.json`, REPOS), "utf8"),
  ) as Golden;
  const rawKey = Buffer.from(credentials.rawKey, "hex");
  const { recoveryKey } = credentials;

  test("opens with each key and holds every entry, snapshot and version", async () => {
    const path = join(folder, `${name}-read.coffer`);
    copyFileSync(new URL(`${name}.coffer`, REPOS), path);
    for (const credential of [{ rawKey }, { recoveryKey }]) {
      await using repo = await openRepo(path, { ...credential, readOnly: true });
      expect(await describeTree(repo)).toEqual(golden);
      expect(await repo.check()).toMatchObject({ ok: true, problems: [] });
    }
    expect(readFileSync(path)).toEqual(readFileSync(new URL(`${name}.coffer`, REPOS)));
  });

  test("goes on: what is written, restored and compacted is there afterwards", async () => {
    const path = join(folder, `${name}-write.coffer`);
    copyFileSync(new URL(`${name}.coffer`, REPOS), path);
    const repo = await openRepo(path, { rawKey });
    await repo.restore("before");
    await repo.fs.writeFile("/new", Buffer.alloc(50_000, 5));
    await repo.compact();
    await repo.close();
    await using again = await openRepo(path, { recoveryKey });
    expect(await again.fs.readFile("/new")).toEqual(new Uint8Array(50_000).fill(5));
    await again.fs.unlink("/new");
    const { tree, snapshots } = await describeTree(again);
    expect(tree).toEqual(golden.snapshots["before"]);
    expect(snapshots).toEqual(golden.snapshots);
    expect(await again.check()).toMatchObject({ ok: true, problems: [] });
  });
});
