/**
 * Export: the sealed container as a stream. Each pull is one call to whoever has the storage, so that only
 * what the reader has asked for is ever in memory.
 */
import type { ExportStart, RemoteExports } from "../worker/protocol.js";
import { abortable } from "./abortable.js";

/** How far an export or import has come. */
export interface TransferProgress {
  readonly bytes: number;
  /** Of all of it; undefined for an import, whose stream does not tell. */
  readonly totalBytes: number | undefined;
}

/** Options of moving containers. */
export interface TransferOptions {
  /** Gives up; the stream or promise rejects with the signal's reason, and nothing is left behind. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each piece, of about 1 MiB in an export. */
  readonly onProgress?: ((progress: TransferProgress) => void) | undefined;
}

/** Where an export comes from. `release` is called once, when nothing more will be asked. */
export interface ExportSource {
  begin(): Promise<ExportStart>;
  readonly remote: Pick<RemoteExports, "nextExport" | "endExport">;
  release(): Promise<void>;
}

/** `open` is called with the first read, and when the stream is cancelled before that, never. */
export function exportStream(
  open: () => ExportSource,
  { signal, onProgress }: TransferOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let source: ExportSource | undefined;
  let begun: Promise<ExportStart> | undefined;
  let bytes = 0;
  const settled = new AbortController();

  async function end(): Promise<void> {
    settled.abort();
    const [held, start] = [source, begun];
    source = undefined;
    try {
      if (held && start) await held.remote.endExport((await start).id);
    } catch {
      // What never began, or whose worker is gone, has nothing to end.
    } finally {
      await held?.release();
    }
  }

  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        const abort = (): void => {
          controller.error(signal?.reason);
          void end();
        };
        signal?.addEventListener("abort", abort, { signal: settled.signal });
      },
      async pull(controller) {
        try {
          signal?.throwIfAborted();
          source ??= open();
          const { remote } = source;
          const start = (begun ??= source.begin());
          const { id, totalBytes } = await abortable(signal, () => start);
          const piece = await abortable(signal, () => remote.nextExport(id));
          if (piece === undefined) {
            await end();
            controller.close();
            return;
          }
          bytes += piece.length;
          controller.enqueue(piece);
          onProgress?.({ bytes, totalBytes });
        } catch (error) {
          await end();
          throw error;
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
