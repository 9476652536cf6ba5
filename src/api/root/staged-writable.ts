/** StagedWritable: a real WritableStream over StagedContent, with the methods that those of files have. */
import { toBytes } from "./dictionary.js";
import type { RootWritable, WriteCommand, WriteData } from "./root.js";
import type { StagedContent } from "./staged-content.js";
import { givenCommand } from "./write-commands.js";

export class StagedWritable
  extends WritableStream<WriteData | WriteCommand>
  implements RootWritable
{
  readonly mode: "siloed" | "exclusive";

  constructor(content: StagedContent, mode: "siloed" | "exclusive") {
    super(content);
    this.mode = mode;
  }

  async write(data: WriteData | WriteCommand): Promise<void> {
    // What is no command at all harms nobody; what lacks something ends the stream.
    await this.#write(givenCommand(data));
  }

  async seek(position: number): Promise<void> {
    await this.#write({ type: "seek", position: requiredBytes(position) });
  }

  async truncate(size: number): Promise<void> {
    await this.#write({ type: "truncate", size: requiredBytes(size) });
  }

  async #write(chunk: WriteCommand): Promise<void> {
    const writer = this.getWriter();
    const written = writer.write(chunk);
    // At once: whoever writes next need not wait for this.
    writer.releaseLock();
    await written;
  }
}

/** @throws TypeError if there is none */
function requiredBytes(value: unknown): number {
  if (value === undefined) throw new TypeError("a number of bytes is needed");
  return toBytes(value);
}
