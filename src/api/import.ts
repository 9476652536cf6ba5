/**
 * Import: a stream of bytes becomes a sealed container. The next piece is read from the stream only when
 * the one before it was taken.
 */
import type { ImportRequest, RemoteImports } from "../worker/protocol.js";
import { abortable } from "./abortable.js";
import { argumentError } from "./arguments.js";
import type { TransferOptions } from "./export.js";
import { payload } from "./payload.js";

export interface ImportOptions extends TransferOptions {
  /**
   * Replaces a repo that exists. It is removed as soon as the header of the new one was found readable: what
   * fails from then on leaves neither. To be safe from that, import under another name first.
   */
  readonly overwrite?: boolean | undefined;
  /** EFBIG for a stream of more bytes. Default: what the storage takes. */
  readonly maxBytes?: number | undefined;
}

export async function importStream(
  remote: RemoteImports,
  uri: string,
  source: ReadableStream<Uint8Array> | Blob,
  { signal, onProgress, overwrite = false, maxBytes = Infinity }: ImportOptions,
): Promise<void> {
  const stream = source instanceof Blob ? source.stream() : source;
  if (!(stream instanceof ReadableStream))
    throw argumentError("source", "a ReadableStream or a Blob", source);
  const reader = stream.getReader();
  try {
    signal?.throwIfAborted();
    const request: ImportRequest = { uri, overwrite, maxBytes };
    const begun = remote.beginImport(request);
    try {
      const id = await abortable(signal, () => begun);
      let bytes = 0;
      for (;;) {
        const { done, value } = await abortable(signal, () => reader.read());
        if (done) break;
        if (!(value instanceof Uint8Array))
          throw argumentError("stream", "a stream of Uint8Array", value);
        await abortable(signal, () => remote.writeImport(id, payload(value, false)));
        bytes += value.length;
        onProgress?.({ bytes, totalBytes: undefined });
      }
      await abortable(signal, () => remote.finishImport(id));
    } finally {
      // After a success this only forgets it.
      await begun.then((id) => remote.abandonImport(id)).catch(() => undefined);
    }
  } catch (error) {
    // The source need not wait for anybody any more; what it says to that is its own affair.
    reader.cancel(error).catch(() => undefined);
    throw error;
  }
}
