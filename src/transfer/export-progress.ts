/** Counts what an export has done, and tells of it. */
import type { ExportOptions } from "./options.js";

export class ExportProgress {
  readonly #options: ExportOptions;
  #entries = 0;
  #bytes = 0;

  constructor(options: ExportOptions) {
    this.#options = options;
  }

  /** An entry is done. */
  entry(path: string): void {
    this.#entries++;
    this.#tell(path);
  }

  /** Content on its way, counted as it goes. */
  async *counted(
    path: string,
    pieces: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<Uint8Array, void> {
    for await (const piece of pieces) {
      yield piece;
      this.#bytes += piece.length;
      this.#tell(path);
    }
  }

  #tell(path: string): void {
    const [entries, bytes] = [this.#entries, this.#bytes];
    this.#options.onProgress?.({ entries, bytes, totalBytes: undefined, path });
  }
}

/** A stream of what an iterator yields. */
export function streamOf(pieces: AsyncGenerator<Uint8Array, void>): ReadableStream<Uint8Array> {
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done === true) controller.close();
        else if (value.length > 0) controller.enqueue(value);
        else await this.pull?.(controller);
      },
      async cancel() {
        await pieces.return();
      },
    },
    { highWaterMark: 0 },
  );
}
