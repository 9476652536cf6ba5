/**
 * What is damaged in the header area of a container, which a repo reads only where it must: a header copy that
 * the other one stands in for, an older superblock cell, the zeros between. Damage in the tree is `repo.check()`'s to find.
 */
import { HEADER_AREA_BYTES } from "../backends/block-store.js";
import { allZero } from "../codec/constant-time.js";
import { equalBytes } from "../codec/bytes.js";
import { HEADER_COPY_BYTES, HEADER_COPY_OFFSETS } from "../crypto/header.js";
import { cellOffset } from "../engine/ring.js";
import { damagedCells } from "../worker/cells.js";
import type { OpenContainer } from "../worker/container.js";
import { readPublicHeader } from "../worker/container-header.js";

/** Damage of what no path has; the whole repo, `/`, stands for it. */
export interface HeaderDamage {
  readonly path: "/";
  readonly what: string;
}

/** Of a container that nobody writes to. */
export async function checkHeaderArea({
  store,
  sealer,
  engine,
}: OpenContainer): Promise<HeaderDamage[]> {
  const area = await store.readHeader();
  const cells = await damagedCells(area, sealer, engine.stats().generation);
  const found = [
    ...(await damagedCopies(area)),
    ...cells.map((index) => `superblock cell ${index}`),
    ...(gapsAreZero(area) ? [] : ["unused part of the header area"]),
  ];
  return found.map((what) => ({ path: "/", what }));
}

async function damagedCopies(area: Uint8Array): Promise<string[]> {
  const { readable, copies } = await readPublicHeader(area);
  const names = ["A", "B"];
  const bad = names.filter((_, copy) => !readable.includes(copy));
  const differ = bad.length === 0 && !equalBytes(...copies);
  return differ ? ["header copies that differ"] : bad.map((name) => `header copy ${name}`);
}

/** What lies between the parts of the header area (docs/FORMAT.md §1). */
function gapsAreZero(area: Uint8Array): boolean {
  const ends = HEADER_COPY_OFFSETS.map((at) => at + HEADER_COPY_BYTES);
  const begins = [...HEADER_COPY_OFFSETS.slice(1), Math.min(cellOffset(0), HEADER_AREA_BYTES)];
  return ends.every((end, i) => allZero(area.subarray(end, begins[i])));
}
