/**
 * repo.fs does what Node's fs/promises does, but for what docs/NODE-FS.md lists: every case runs on both, and results, errors
 * word for word and the trees that they leave are compared.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CASES } from "./cases.js";
import { DIFFERENCES, type Difference } from "./differences.js";
import { NodeSide, RepoSide, type Case } from "./two-sides.js";
import { FS_TYPES, HANDLE_TYPES } from "./types.js";

const DOCUMENT = readFileSync(new URL("../../../../docs/NODE-FS.md", import.meta.url), "utf8");

let node: NodeSide;
let ours: RepoSide;

beforeAll(async () => {
  node = await NodeSide.open();
  ours = await RepoSide.open();
});

afterAll(async () => {
  await node.end();
  expect((await ours.repo.check()).ok).toBe(true);
  await ours.end();
});

const all = Object.values(CASES).flat();

/** Undefined if it must be the same on both sides. */
function differenceOf({ name }: Case): Difference | undefined {
  const found = Object.values(DIFFERENCES).filter(({ cases }) => cases.test(name));
  expect(found.length, `${name} differs in one way`).toBeLessThanOrEqual(1);
  return found[0];
}

async function compare(one: Case): Promise<void> {
  const difference = differenceOf(one);
  if (difference?.ours !== undefined) {
    expect(difference.ours(await ours.run(one)), one.name).toBe(true);
    return;
  }
  const [theirs, here] = [await node.run(one), await ours.run(one)];
  if (difference?.holds === undefined) {
    expect(here, one.name).toEqual(theirs);
    return;
  }
  expect(here, `${one.name} differs no more`).not.toEqual(theirs);
  expect(difference.holds(theirs, here), one.name).toBe(true);
}

describe("like Node", () => {
  it.each(Object.entries(CASES))(
    "%s",
    async (_, cases) => {
      const failures: unknown[] = [];
      for (const one of cases) await compare(one).catch((error: unknown) => failures.push(error));
      if (failures.length > 0)
        throw new AggregateError(failures, failures.slice(0, 10).join("\n\n"));
    },
    300_000,
  );

  it("in thousands of cases, each by a name of its own", () => {
    expect(all.length).toBeGreaterThan(4000);
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  });
});

describe("unlike Node", () => {
  it.each(Object.keys(DIFFERENCES))("%s is explained, and there are cases of it", (id) => {
    expect(DOCUMENT).toContain(`| \`${id}\` |`);
    expect(all.some(({ name }) => DIFFERENCES[id]?.cases.test(name))).toBe(true);
  });

  it("so are types, each with its reason", () => {
    const listed = [...DOCUMENT.matchAll(/^\| `((?:fs|FileHandle)\.\w+)` \| (.*) \|$/gm)];
    const members = (name: string, types: Readonly<Record<string, string>>): string[][] =>
      Object.entries(types).map(([member, reason]) => [`${name}.${member}`, reason]);
    const compiled = [...members("fs", FS_TYPES), ...members("FileHandle", HANDLE_TYPES)];
    expect(listed.map(([, member, reason]) => [member, reason])).toEqual(compiled);
  });

  it("nothing is explained that is not so", () => {
    const explained = [...DOCUMENT.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
    expect(explained.sort()).toEqual(Object.keys(DIFFERENCES).sort());
  });
});
