/** W1: one large file in pieces of 1 MiB, then sync; read back the same way. */
import { MIB, type Figure } from "../messages.js";
import { treeBytes, type SourceTree } from "../source-tree.js";
import type { Files, Subject } from "../subjects/subject.js";
import { copies, noise } from "./content.js";
import { withEmptyStore } from "./empty-store.js";
import { byteRate, timeCalls, type BenchRun } from "./figure.js";

export function largeFile(subject: Subject, run: BenchRun): Promise<Figure[]> {
  return withEmptyStore(subject, (files) => writeAndRead(files, run, noise(MIB), ""));
}

/** The same with sources for content; for those who compress. */
export async function largeText(subject: Subject, run: BenchRun): Promise<Figure[]> {
  const piece = textPiece(await run.tree());
  return withEmptyStore(subject, (files) => writeAndRead(files, run, piece, " (text)"));
}

async function writeAndRead(
  files: Files,
  run: BenchRun,
  piece: Uint8Array,
  suffix: string,
): Promise<Figure[]> {
  const pieces = copies(piece, run.sizes.largeBytes / MIB);
  const file = await files.open("/large");
  const written = await timeCalls(
    run,
    pieces.length,
    async (i) => {
      await file.write(pieces[i] ?? new Uint8Array(), i * MIB);
    },
    () => file.sync(),
  );
  const read = await timeCalls(run, written.done, async (i) => {
    const { length } = await file.read(MIB, i * MIB);
    if (length !== MIB) throw new Error(`short read: ${length}`);
  });
  await file.close();
  return [byteRate(`write+sync${suffix}`, written, MIB), byteRate(`read${suffix}`, read, MIB)];
}

function textPiece(tree: SourceTree): Uint8Array {
  if (treeBytes(tree) === 0) throw new Error("no sources");
  const piece = new Uint8Array(MIB);
  for (let at = 0; at < MIB;)
    for (const { bytes } of tree.files) {
      const part = bytes.subarray(0, MIB - at);
      piece.set(part, at);
      at += part.length;
    }
  return piece;
}
