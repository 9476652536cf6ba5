/**
 * Gives a file other content: as one more version of it, not as another file of its name, and all at once, so
 * that giving up or a crash leaves what was there. A file that is not there is made.
 */
import type { RepoFs, Repo } from "cofferfs";

/** What fits into one transaction, with room to spare. */
const ATOMIC_BYTES = 192 * 1024 * 1024;
/** Others may be at the same file. */
const RETRIES = 3;

/** `pieces` is called anew for every attempt. */
export async function replaceContent(
  repo: Repo,
  path: string,
  size: number,
  pieces: () => AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const write = (fs: RepoFs): Promise<void> => writeOver(fs, path, pieces());
  if (size <= ATOMIC_BYTES) await repo.transaction(({ fs }) => write(fs), { retries: RETRIES });
  // What is too large for that is one version all the same; if it breaks off, the one before is in the history.
  else await write(repo.fs);
}

async function writeOver(
  fs: RepoFs,
  path: string,
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
): Promise<void> {
  const handle = await fs.open(path, "w");
  try {
    let position = 0;
    for await (const piece of pieces) {
      const { length } = piece;
      await handle.write(piece, { position, transfer: true });
      position += length;
    }
  } finally {
    await handle.close();
  }
}
