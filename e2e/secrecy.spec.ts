/**
 * Eve (docs/SECURITY.md) has the browser's whole profile folder. A tree of real files went into vaults
 * through the demo's file input, which reads them from where they are: no server, cache or script had
 * them. None of many random fragments of its contents, names and paths may be anywhere in that folder.
 *
 * Left out beforehand are fragments that prove nothing: those of few distinct bytes, and those that are
 * in what the server sends or in a profile in which the same was done without the tree.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { expect } from "@playwright/test";
import { Prng } from "../test/simulated-disk/prng.js";
import { scanFolder, textOf, type Fragment, type Sighting } from "./support/fragment-scan.js";
import type { SourceTree } from "./support/source-tree.js";
import type { VaultBrowser } from "./support/vault-browser.js";
import { test } from "./support/vault-test.js";

/** `SEED=n` draws other fragments. */
const prng = new Prng(Number(process.env["SEED"] ?? 0));
const CONTENT_FRAGMENTS = 150;
const NAME_FRAGMENTS = 50;
/** More are drawn than are needed, for those that are left out. */
const SPARE = 2;
const FRAGMENT_BYTES = 24;
const MIN_NAME_BYTES = 16;
const MIN_DISTINCT_BYTES = 10;
/** Files that the demo shows: a text and an image. */
const SHOWN = ["/tree/knip/package.json", "/tree/playwright-core/lib/tools/dashboard/appIcon.png"];

interface OriginalFragment extends Fragment {
  /** For the message of a failure. */
  readonly origin: string;
}

test("nothing of a tree that went into vaults is in the browser's profile, where all of it is found once stored in clear", async ({
  scratch,
  tree,
  startBrowser,
}) => {
  test.setTimeout(180_000);
  const profile = join(scratch, "profile");
  const [without, served] = [join(scratch, "without"), join(scratch, "served")];
  const addresses = await useVaults(await startBrowser("without"));
  await download(addresses, served);
  const fragments = [
    ...(await unknownIn([without, served], await drawContents(tree), CONTENT_FRAGMENTS)),
    ...(await unknownIn([without, served], drawNames(tree), NAME_FRAGMENTS)),
  ];
  expect(fragments).toHaveLength(CONTENT_FRAGMENTS + NAME_FRAGMENTS);

  await useVaults(await startBrowser("profile"), tree);
  const sightings = await scanFolder(profile, fragments);
  expect(sightings.map((sighting) => describe(sighting, fragments))).toEqual([]);

  await storeInClear(await startBrowser("profile"), fragments);
  expectAllFound(await scanFolder(profile, fragments), fragments);
});

/**
 * Vaults on both storages, the tree imported into each and looked at, locked, browser closed. Returns the
 * addresses that it asked for.
 */
async function useVaults(browser: VaultBrowser, tree?: SourceTree): Promise<Set<string>> {
  for (const storage of ["opfs", "idb"] as const) {
    await browser.createVault(`quiet ${storage}`, storage);
    if (tree !== undefined) {
      await browser.beginImport(tree.folder);
      await browser.endImport(tree.files.length);
      for (const path of SHOWN) await browser.show(path);
    }
    await browser.lock();
  }
  await browser.close();
  return browser.requested;
}

/** What the server sends, a file for each address. */
async function download(addresses: Iterable<string>, folder: string): Promise<void> {
  await mkdir(folder);
  let count = 0;
  for (const address of addresses)
    if (address.startsWith("http"))
      await writeFile(
        join(folder, String(++count)),
        Buffer.from(await (await fetch(address)).arrayBuffer()),
      );
  expect(count).toBeGreaterThan(0);
}

async function drawContents(tree: SourceTree): Promise<OriginalFragment[]> {
  const drawn: OriginalFragment[] = [];
  while (drawn.length < CONTENT_FRAGMENTS * SPARE) {
    const { path, bytes } = prng.pick(tree.files);
    if (bytes < FRAGMENT_BYTES) continue;
    const content = await readFile(join(dirname(tree.folder), path));
    const at = prng.below(bytes - FRAGMENT_BYTES + 1);
    const fragment = new Uint8Array(content.subarray(at, at + FRAGMENT_BYTES));
    drawn.push({ bytes: fragment, origin: `${path} at ${at}` });
  }
  return drawn;
}

/** Half of them names, half paths. */
function drawNames(tree: SourceTree): OriginalFragment[] {
  const names = tree.files.map(({ path }) => basename(path));
  const paths = tree.files.map(({ path }) => path.slice(`/${basename(tree.folder)}/`.length));
  return [names, paths].flatMap((all) => {
    const long = [...new Set(all)].filter((name) => Buffer.byteLength(name) >= MIN_NAME_BYTES);
    return prng
      .sample(long, (NAME_FRAGMENTS * SPARE) / 2)
      .map((name) => ({ bytes: new TextEncoder().encode(name), origin: `the name ${name}` }));
  });
}

/** `count` of the drawn fragments that would prove something if they were found. */
async function unknownIn(
  folders: readonly string[],
  drawn: readonly OriginalFragment[],
  count: number,
): Promise<OriginalFragment[]> {
  const sightings = await Promise.all(folders.map((folder) => scanFolder(folder, drawn)));
  const known = new Set(sightings.flat().map(({ fragment }) => fragment));
  const telling = drawn.filter(
    ({ bytes }, index) => !known.has(index) && new Set(bytes).size >= MIN_DISTINCT_BYTES,
  );
  return prng.sample(telling, count);
}

function describe(
  { fragment, file, offset, encoding }: Sighting,
  all: readonly OriginalFragment[],
): string {
  return `${all[fragment]?.origin ?? ""}: in ${file} at ${offset}, as ${encoding}`;
}

/** Puts the fragments where pages put what they do not protect. */
async function storeInClear(browser: VaultBrowser, fragments: readonly Fragment[]): Promise<void> {
  const given = fragments.map(({ bytes }) => ({ bytes: [...bytes], text: textOf(bytes) }));
  await browser.page.evaluate(async (all) => {
    const folder = await navigator.storage.getDirectory();
    const file = await folder.getFileHandle("in clear", { create: true });
    const writable = await file.createWritable();
    for (const { bytes } of all) await writable.write(new Uint8Array([...bytes, 0]));
    await writable.close();
    all.forEach(({ text }, index) => {
      // What Latin-1 cannot write is kept in UTF-16.
      if (text !== undefined) localStorage.setItem(String(index), `☃${text}`);
    });
  }, given);
  await browser.close();
}

function expectAllFound(
  sightings: readonly Sighting[],
  fragments: readonly OriginalFragment[],
): void {
  const found = (encoding: Sighting["encoding"]): Set<number> =>
    new Set(sightings.filter((one) => one.encoding === encoding).map(({ fragment }) => fragment));
  expect(found("bytes").size).toBe(fragments.length);
  const texts = fragments.filter(({ bytes }) => textOf(bytes) !== undefined);
  // LevelDB may cut a value in two where a block of its log ends.
  expect(found("utf-16le").size).toBeGreaterThan(texts.length * 0.9);
}
