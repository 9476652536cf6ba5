/** Secrets typed at a terminal, without echo, and lines of a stdin that is none. */
import { UsageError } from "./exit-code.js";
import type { SecretInput, Terminal } from "./terminal.js";

/** More than any password may have. */
const MAX_LINE_BYTES = 4096;
const [ENTER, NEWLINE, CTRL_C, CTRL_D, CTRL_U, BACKSPACE, DELETE] = [13, 10, 3, 4, 21, 8, 127];

/** Asks on stderr and reads from the terminal, which shows nothing of it. Ctrl-C rejects with AbortError. */
export async function promptSecret({ stdin, stderr }: Terminal, question: string): Promise<string> {
  stderr.write(question);
  stdin.setRawMode?.(true);
  try {
    return await readSecret(stdin);
  } finally {
    stdin.setRawMode?.(false);
    stdin.pause();
    stderr.write("\n");
  }
}

function readSecret(stdin: SecretInput): Promise<string> {
  return new Promise((resolve, reject) => {
    const typed: number[] = [];
    const settle = (outcome: () => void): void => {
      stdin.off("data", onData);
      stdin.off("end", onEnd);
      outcome();
    };
    const cancel = (): void => {
      settle(() => {
        reject(new DOMException("interrupted", "AbortError"));
      });
    };
    const onEnd = cancel;
    const onData = (data: Uint8Array | string): void => {
      for (const byte of typeof data === "string" ? Buffer.from(data) : data) {
        if (byte === ENTER || byte === NEWLINE) {
          settle(() => {
            resolve(Buffer.from(typed).toString("utf8"));
          });
          return;
        }
        if (byte === CTRL_C || byte === CTRL_D) {
          cancel();
          return;
        }
        edit(typed, byte);
      }
    };
    stdin.on("data", onData);
    stdin.on("end", onEnd);
    stdin.resume();
  });
}

function edit(typed: number[], byte: number): void {
  if (byte === CTRL_U) typed.length = 0;
  else if (byte === BACKSPACE || byte === DELETE) {
    // A character of UTF-8 goes with all its bytes, of which the first alone is not 10xxxxxx.
    let last: number | undefined;
    do last = typed.pop();
    while (last !== undefined && (last & 0xc0) === 0x80);
  } else if (byte >= 32) typed.push(byte);
}

/** The lines of a stream, one for each call, and no byte read beyond what they need of the stream's pieces. */
export class LineReader {
  readonly #pieces: AsyncIterator<Uint8Array | string, unknown>;
  #rest = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Uint8Array | string>) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /** Without the end of the line. @throws UsageError if there is none, or for one that is too long */
  async next(what: string): Promise<Buffer> {
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE);
      if (end >= 0) {
        const line = this.#rest.subarray(0, end);
        this.#rest = this.#rest.subarray(end + 1);
        return withoutReturn(line);
      }
      if (this.#rest.length > MAX_LINE_BYTES) throw new UsageError(`${what} is too long`);
      const piece = await this.#pieces.next();
      if (piece.done === true) break;
      this.#rest = Buffer.concat([this.#rest, Buffer.from(piece.value)]);
    }
    const line = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (line.length === 0) throw new UsageError(`${what} is expected on stdin, which has ended`);
    return line;
  }
}

function withoutReturn(line: Buffer): Buffer {
  return line.at(-1) === ENTER ? line.subarray(0, -1) : line;
}
