/**
 * callbackFs over repo.fs, and over Node's own fs/promises, does what Node's fs with callbacks does: the cases of
 * test/unit/api/node-fs/ run on all of them, through a shell that makes promises of callbacks.
 */
import { readFileSync } from "node:fs";
import * as callbackNode from "node:fs";
import * as promisesNode from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callbackFs } from "../../../src/callback/index.js";
import { CASES } from "../api/node-fs/cases.js";
import { DIFFERENCES } from "../api/node-fs/differences.js";
import { NodeSide, RepoSide, type Case, type Fs } from "../api/node-fs/two-sides.js";
import { CALLBACK_DIFFERENCES, DANGEROUS, WITHOUT_TWIN } from "./differences.js";
import { promised } from "./promised.js";
import { CALLBACK_TYPES } from "./types.js";

const DOCUMENT = readFileSync(new URL("../../../docs/CALLBACK-FS.md", import.meta.url), "utf8");

/** Calls with a path go through as they are: of their tables, one case in so many. */
const STRIDE = 4;
const WHOLE = ["handles", "openings"];

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

function differenceOf({ name }: Case): string | undefined {
  return Object.entries(CALLBACK_DIFFERENCES).find(([, cases]) => cases.test(name))?.[0];
}

function isKnown({ name }: Case): boolean {
  return Object.values(DIFFERENCES).some(({ cases }) => cases.test(name));
}

function chosen(table: string, cases: readonly Case[]): Case[] {
  return cases
    .filter(({ name }) => !WITHOUT_TWIN.test(name) && !DANGEROUS.test(name))
    .filter(
      (one, i) => WHOLE.includes(table) || i % STRIDE === 0 || differenceOf(one) !== undefined,
    );
}

const tables = Object.entries(CASES)
  .map(([table, cases]) => [table, chosen(table, cases)] as const)
  .filter(([, cases]) => cases.length > 0);
const count = tables.reduce((sum, [, cases]) => sum + cases.length, 0);

const differing = new Set<string>();

/** On Node's fs, and through callbackFs over both; where Node's promises differ from ours that is known. */
async function compare(one: Case): Promise<void> {
  const overNode = promised(callbackFs(promisesNode));
  const overRepo = promised(callbackFs(ours.fs));
  const theirs = await node.run(one, promised(callbackNode));
  const sides = [
    await node.run(one, overNode),
    ...(isKnown(one) ? [] : [await ours.run(one, overRepo)]),
  ];
  const difference = differenceOf(one);
  for (const side of sides)
    if (difference === undefined) expect(side, one.name).toEqual(theirs);
    else if (JSON.stringify(side) !== JSON.stringify(theirs)) differing.add(difference);
}

describe("like Node", () => {
  it.each(tables)(
    "%s",
    async (_, cases) => {
      const failures: unknown[] = [];
      for (const one of cases) await compare(one).catch((error: unknown) => failures.push(error));
      if (failures.length > 0)
        throw new AggregateError(failures, failures.slice(0, 10).join("\n\n"));
    },
    300_000,
  );

  it("in more than a thousand cases", () => {
    expect(count).toBeGreaterThan(1000);
  });

  it("but for differences that are explained, and that there are", () => {
    const explained = [...DOCUMENT.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
    expect(explained).toEqual(Object.keys(CALLBACK_DIFFERENCES));
    expect([...differing].sort()).toEqual(Object.keys(CALLBACK_DIFFERENCES).sort());
  });
});

it("types that are unlike Node's are listed with their reasons", () => {
  const listed = [...DOCUMENT.matchAll(/^\| `fs\.(\w+)` \| (.*) \|$/gm)];
  expect(Object.fromEntries(listed.map(([, name, reason]) => [name, reason]))).toEqual(
    CALLBACK_TYPES,
  );
});

describe("a case through callbacks", () => {
  it("is told apart from one that goes wrong", async () => {
    const broken: Fs = promised({
      ...callbackFs(ours.fs),
      readFile: (...args: unknown[]) => {
        (args.at(-1) as (...told: unknown[]) => void)(null, "something else");
      },
    });
    const one: Case = { name: "readFile", run: (fs) => fs.readFile("f", "utf8") };
    expect(await ours.run(one, broken)).not.toEqual(await ours.run(one));
    expect(await ours.run(one, promised(callbackFs(ours.fs)))).toEqual(await ours.run(one));
  });
});
