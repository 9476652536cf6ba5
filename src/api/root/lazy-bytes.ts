/** LazyBytes: a range of a file as it was at one moment. What is read later is that, or an error. */
import type { Stats } from "../../worker/protocol.js";
import { domException, handled } from "./handle-errors.js";
import type { HandleFiles } from "./place.js";

export interface LazySource {
  readonly files: Pick<HandleFiles, "readPart">;
  readonly path: string;
  readonly size: number;
  /** Whether the file is what it was. */
  readonly isSame: (stats: Stats) => boolean;
}

/** Bytes per message: of a stream, and of a whole. */
const PIECE_BYTES = 256 * 1024;
const WHOLE_PIECE_BYTES = 4 * 1024 * 1024;

export class LazyBytes {
  readonly #source: LazySource;
  readonly #start: number;
  readonly #end: number;

  constructor(source: LazySource, start: number, end: number) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
  }

  get size(): number {
    return this.#end - this.#start;
  }

  /** As `Blob.slice` counts: negative numbers from the end. */
  slice(start: unknown, end: unknown): LazyBytes {
    const from = this.#index(start, 0);
    const to = Math.max(from, this.#index(end, this.size));
    return new LazyBytes(this.#source, this.#start + from, this.#start + to);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const whole = allocated(this.size);
    // Also of nothing: a file that has changed is one that cannot be read.
    let at = 0;
    do {
      const piece = await this.#read(at, WHOLE_PIECE_BYTES);
      whole.set(piece, at);
      at += piece.length;
    } while (at < whole.length);
    return whole;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = 0;
    return new ReadableStream(
      {
        type: "bytes",
        pull: async (controller) => {
          const piece = await this.#read(at, PIECE_BYTES);
          at += piece.length;
          if (piece.length > 0) controller.enqueue(piece);
          if (at < this.size) return;
          controller.close();
          // Whoever reads into a buffer of his own gets it back empty.
          if (piece.length === 0) controller.byobRequest?.respond(0);
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** At most `length` bytes at `at`. @throws NotReadableError if the file is not what it was */
  async #read(at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const { files, path, isSame } = this.#source;
    const wanted = Math.min(length, this.size - at);
    const names = { EISDIR: "NotFoundError", ENOTDIR: "NotFoundError" } as const;
    const part = await handled(files.readPart(path, wanted, this.#start + at), names);
    if (!isSame(part.stats) || part.bytes.length !== wanted)
      throw domException("NotReadableError", "the file has been changed since");
    return part.bytes;
  }

  #index(value: unknown, otherwise: number): number {
    const index = value === undefined ? otherwise : Math.round(Number(value)) || 0;
    return index < 0 ? Math.max(0, this.size + index) : Math.min(index, this.size);
  }
}

function allocated(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch (cause) {
    throw domException("NotReadableError", "the file is too large to be read as a whole", cause);
  }
}
