/** SyncChannels: the synchronous channels of one repo, by number. */
import { SyncArea } from "../codec/sync-area.js";
import type { SyncChannelParts } from "./protocol.js";
import { SyncServer, type FilesCall } from "./sync-server.js";

export class SyncChannels {
  readonly #open = new Map<number, SyncServer>();
  #last = 0;

  serve({ memory, name }: SyncChannelParts, files: FilesCall): number {
    this.#open.set(++this.#last, new SyncServer(new SyncArea(memory), name, files));
    return this.#last;
  }

  /** Closes what was opened through it; nothing if it is gone. */
  async end(id: number): Promise<void> {
    const server = this.#open.get(id);
    this.#open.delete(id);
    await server?.close();
  }
}
