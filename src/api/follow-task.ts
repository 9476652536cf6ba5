/** Waits for a task of the worker, tells how far it is, and gives it up when asked to. */
import type { RemoteRepo } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import type { TransferOptions } from "./export.js";

/** Rejects with what the task failed with, or with the signal's reason. */
export async function followTask(
  remote: Pick<RemoteRepo, "followTask" | "cancelTask">,
  begin: () => Promise<number>,
  { signal, onProgress }: TransferOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const id = await begin();
  try {
    for (;;) {
      const progress = await abortable(signal, () => remote.followTask(id));
      if (progress === undefined) return;
      onProgress?.({ bytes: progress.done, totalBytes: progress.total });
    }
  } catch (error) {
    await remote.cancelTask(id).catch(() => undefined);
    throw error;
  }
}
