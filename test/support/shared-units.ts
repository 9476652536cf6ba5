/**
 * Files whose small pieces share units, as those of logs that were written side by side: each unit has a
 * record in the pool tree, which is how a few megabytes make a pool tree of many leaves.
 */
import { writeContent } from "../../src/engine/content.js";
import type { FileEdit, FileView } from "../../src/engine/file-view.js";
import { ROOT_INO, type Ino } from "../../src/engine/records.js";
import type { TestRepo } from "./repo.js";

/** Units that one transaction writes; a drain takes as many and more, so none is torn between two. */
const STEP_UNITS = 500;
/** File offset from one piece to the next, so that no two of them touch. */
const STRIDE_BYTES = 8192;

/**
 * Writes `units` units. `owners(unit)` names the files of the root directory, made if they are missing, to
 * which the pieces of a unit belong; every unit has the same number of pieces.
 */
export async function writeSharedUnits(
  { engine, fs }: TestRepo,
  units: number,
  owners: (unit: number) => readonly string[],
): Promise<void> {
  const { layout } = engine;
  const all = Array.from({ length: units }, (_, unit) => owners(unit));
  for (const name of new Set(all.flat())) await fs.writeFile(`/${name}`, new Uint8Array(0));
  const piece = new Uint8Array(Math.floor(layout.slotBytes / (all[0]?.length ?? 1)));
  for (let from = 0; from < units; from += STEP_UNITS) {
    const names = all.slice(from, from + STEP_UNITS).flat();
    const append = (edit: FileEdit): void => {
      for (const name of names) {
        const ino = inoOf(edit, name);
        const inode = edit.inode(ino);
        const at = STRIDE_BYTES * Math.ceil(inode.size / STRIDE_BYTES);
        edit.putInode(ino, writeContent(edit, layout, ino, inode, at, piece));
      }
    };
    await engine.mutate(append, { bytes: names.length * piece.length });
  }
}

function inoOf(view: FileView, name: string): Ino {
  const dentry = view.dentry(ROOT_INO, name);
  if (dentry === undefined) throw new RangeError(`there is no file ${name}`);
  return dentry.ino;
}
