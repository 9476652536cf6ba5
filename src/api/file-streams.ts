/**
 * Web streams of a File: what comes out of it is read when it is asked for, and what goes into it becomes one version when
 * the stream is closed, or nothing.
 */
import type { Data } from "./arguments.js";

const PIECE_BYTES = 256 * 1024;

/** Reads up to so many bytes; none at the end. */
export type ReadNext = (length: number) => Promise<Uint8Array<ArrayBuffer>>;

/** A write in parts. */
export interface PartialWrite {
  write(data: Data): Promise<number>;
  finish(): Promise<void>;
  /** Forgets the parts. */
  discard(): Promise<void>;
}

/** Nothing is read ahead, so that the file's position is where the reader is. */
export function readableOf(next: ReadNext): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        const bytes = await next(PIECE_BYTES);
        if (bytes.length > 0) controller.enqueue(bytes);
        else {
          controller.close();
          // Whoever reads into a buffer of his own gets it back empty.
          controller.byobRequest?.respond(0);
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** One part is on its way at a time; the next one waits in the stream. */
export function writableOf(file: PartialWrite): WritableStream<Data> {
  let written = false;
  /** A stream that has failed is over, and must not leave its parts to the next one. */
  const orDiscard = async (work: Promise<unknown>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      await file.discard().catch(() => undefined);
      throw error;
    }
  };
  return new WritableStream<Data>(
    {
      async write(data) {
        await orDiscard(file.write(data));
        written = true;
      },
      async close() {
        if (written) await orDiscard(file.finish());
      },
      abort: () => file.discard(),
    },
    { highWaterMark: 1 },
  );
}
