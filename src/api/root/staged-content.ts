/**
 * StagedContent: the sink behind a RootWritable, which keeps a position and hands on bytes piece by piece, each when the one before is
 * taken. Whatever ends it closes its handle, and with it what was not finished.
 */
import { handleError, handled } from "./handle-errors.js";
import type { HandleTree } from "./place.js";
import { checkedCommand, givenCommand, type Command } from "./write-commands.js";

/** Bytes per message: what is larger goes in several. */
const PIECE_BYTES = 4 * 1024 * 1024;

interface Held {
  readonly tree: HandleTree;
  readonly fd: number;
}

/** Of a stream that was dropped without being closed: its lock, and what was staged. */
const dropped = new FinalizationRegistry<Held>(({ tree, fd }) => {
  tree.files.fdClose(fd).catch(() => undefined);
});

export class StagedContent implements UnderlyingSink<unknown> {
  readonly #tree: HandleTree;
  readonly #fd: number;
  #position = 0;
  #ended = false;

  constructor(tree: HandleTree, fd: number) {
    this.#tree = tree;
    this.#fd = fd;
    // A stream of which anybody has hold, or a writer of it, has hold of this.
    dropped.register(this, { tree, fd }, this);
  }

  async write(chunk: unknown): Promise<void> {
    try {
      await this.#run(checkedCommand(givenCommand(chunk)));
    } catch (error) {
      // The stream has failed with it, and calls neither close nor abort any more.
      await this.#end().catch(() => undefined);
      throw handleError(error);
    }
  }

  async close(): Promise<void> {
    try {
      await handled(this.#tree.files.fdFinish(this.#fd));
    } finally {
      await this.#end().catch(() => undefined);
    }
  }

  abort(): Promise<void> {
    return handled(this.#end());
  }

  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    dropped.unregister(this);
    await this.#tree.files.fdClose(this.#fd);
  }

  async #run(command: Command): Promise<void> {
    switch (command.type) {
      case "write":
        this.#position = command.position ?? this.#position;
        if (command.data instanceof Uint8Array) await this.#write(command.data);
        else await this.#writeBlob(command.data);
        return;
      case "seek":
        this.#position = command.position;
        return;
      case "truncate":
        await this.#tree.files.fdTruncate(this.#fd, command.size);
        this.#position = Math.min(this.#position, command.size);
    }
  }

  async #writeBlob(blob: Blob): Promise<void> {
    const reader = blob.stream().getReader();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read())
        await this.#write(next.value);
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length; from += PIECE_BYTES) {
      const piece = new Uint8Array(bytes.subarray(from, from + PIECE_BYTES));
      const given = this.#tree.give(piece);
      this.#position += await this.#tree.files.fdWrite(this.#fd, given, this.#position);
    }
  }
}
