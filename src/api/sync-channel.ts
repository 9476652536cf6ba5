/**
 * SyncChannel: the page's hold on a synchronous channel (docs/ARCHITECTURE.md, "One core, many faces"). The page makes
 * it, gives it to one of its workers, and is the one who ends it.
 */
import { SyncArea, TURN, WORD, type Ending } from "../codec/sync-area.js";
import { RepoError } from "../errors.js";
import type { RemoteSync } from "../worker/protocol.js";

/**
 * A way for one worker to call a repo's files synchronously. Post it to a dedicated worker of the page, where `syncFs` of
 * `cofferfs/sync` takes it; what arrives there is plain data. Close it when the worker is done, or gone.
 */
export class SyncChannel implements AsyncDisposable {
  /** @internal */
  readonly memory: SharedArrayBuffer;
  /** @internal */
  readonly name: string;
  readonly #area: SyncArea;
  readonly #remote: RemoteSync;
  readonly #id: Promise<number>;
  readonly #onEnd: (channel: SyncChannel) => void;

  /** @internal Channels come from `repo.syncChannel`. */
  constructor(remote: RemoteSync, tree: number | undefined, onEnd: (ended: SyncChannel) => void) {
    this.#area = new SyncArea();
    this.memory = this.#area.memory;
    this.name = `cofferfs-sync/${crypto.randomUUID()}`;
    this.#remote = remote;
    this.#onEnd = onEnd;
    this.#id = remote.serveSync({ memory: this.memory, name: this.name }, tree);
  }

  /** @internal Resolves when the channel can be used. */
  async served(): Promise<this> {
    await this.#id;
    return this;
  }

  /**
   * Ends the channel and closes the handles that were opened through it. A call that is under way, and every later one, fails with
   * EBADF; whether what it was to change has changed is open. Idempotent.
   */
  async close(): Promise<void> {
    if (this.#area.ending !== undefined) return;
    this.end("EBADF");
    this.#onEnd(this);
    await this.#remote.endSync(await this.#id);
  }

  /** `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @internal */
  end(ending: Ending): void {
    this.#area.end(ending);
    if (Atomics.load(this.#area.words, WORD.pings) === 0) return;
    const pings = new BroadcastChannel(this.name);
    pings.postMessage(TURN.ended);
    pings.close();
  }
}

/** The channels of a repo, which end with it. */
export class SyncChannels {
  readonly #remote: RemoteSync;
  readonly #open = new Set<SyncChannel>();

  constructor(remote: RemoteSync) {
    this.#remote = remote;
  }

  /** For the repo's files, or those of one of its trees. */
  async open(tree?: number): Promise<SyncChannel> {
    requireSharedMemory();
    const channel = new SyncChannel(this.#remote, tree, (ended) => {
      this.#open.delete(ended);
    });
    this.#open.add(channel);
    try {
      return await channel.served();
    } catch (error) {
      this.#open.delete(channel);
      throw error;
    }
  }

  endAll(ending: Ending): void {
    for (const channel of this.#open) channel.end(ending);
    this.#open.clear();
  }
}

/** Elsewhere shared memory cannot be made, or not be posted. */
function requireSharedMemory(): void {
  const { crossOriginIsolated } = globalThis;
  if (
    typeof SharedArrayBuffer === "function" &&
    (crossOriginIsolated as boolean | undefined) !== false
  )
    return;
  throw new RepoError("BACKEND_UNAVAILABLE", {
    message:
      "synchronous calls need a cross-origin isolated page: serve it with COOP and COEP headers",
  });
}
