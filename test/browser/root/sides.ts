/** Sides: runs the cases on Chromium's own handles and on those of repos, and tells what differs. */
import { openRepo, type Repo, type RootDirectoryHandle } from "../../../src/index.js";
import { outcome, plant, treeOf, type Case } from "./case.js";
import { differenceOf } from "./differences.js";
import { handleCases, rootOutcomes } from "./handle-cases.js";
import { nameCases } from "./name-cases.js";
import { writeCases } from "./write-cases.js";

export interface Comparison {
  readonly cases: number;
  /** Cases that differ and are not known to, with what came of them. */
  readonly surprises: readonly string[];
  /** Differences that are known, and are to be seen. */
  readonly known: readonly string[];
}

const GROUPS = { names: nameCases, writes: writeCases, handles: handleCases };

/** What comes of a case, and the tree that it leaves. */
async function told(root: RootDirectoryHandle, one: Case, at: number): Promise<string[]> {
  const name = `case-${at}`;
  const planted = await plant(root, name);
  const result = await outcome(() => one.run(planted));
  const left = await outcome(() => treeOf(planted.root));
  return [result, left];
}

export async function compare(
  group: keyof typeof GROUPS,
  uris: readonly string[],
  key: readonly number[],
): Promise<Comparison> {
  const open = (uri: string): Promise<Repo> =>
    openRepo(uri, { rawKey: new Uint8Array(key), createNew: true });
  const repos = await Promise.all(uris.map(open));
  const theirs = (await navigator.storage.getDirectory()) as unknown as RootDirectoryHandle;
  const folder = await theirs.getDirectoryHandle(`theirs-${crypto.randomUUID()}`, { create: true });
  const cases = GROUPS[group];
  const surprises: string[] = [];
  const shown = new Set<string>();
  const note = (name: string, here: readonly string[], there: readonly string[]): void => {
    if (here.join() === there.join()) return;
    const known = differenceOf(name);
    if (known === undefined) surprises.push([name, ...there, "here:", ...here].join("\n  "));
    else shown.add(known);
  };
  for (const [i, one] of cases.entries()) {
    const there = await told(folder, one, i);
    for (const { root } of repos) note(one.name, await told(root, one, i), there);
  }
  for (const { root } of repos)
    note("the root", await rootOutcomes(root), await rootOutcomes(theirs));
  for (const repo of repos) await repo.close();
  return { cases: cases.length, surprises, known: [...shown] };
}
