/**
 * Shelf: one address with its container and its marks, as the worker opens it. What is on it can be copied and put
 * back, which is all that a rollback is.
 */
import { isFinished } from "../../src/backends/creation.js";
import type { BlockStore, StoreMode, StoreProvider } from "../../src/backends/block-store.js";
import type { MarkStore } from "../../src/backends/mark-store.js";
import { RepoError } from "../../src/errors.js";
import { openContainer, type OpenContainer } from "../../src/worker/container.js";
import type { Anchor, OpenRequest } from "../../src/worker/protocol.js";
import { RepoService } from "../../src/worker/repo-service.js";
import { CountingStore } from "./counting-store.js";
import { MemoryDisk } from "./memory-disk.js";

/** The port in memory; `writing` stands before every write. */
export class MemoryMarks implements MarkStore {
  readonly records = new Map<string, Uint8Array>();
  writes = 0;
  writing: () => Promise<void> = () => Promise.resolve();

  async read(key: string): Promise<Uint8Array | undefined> {
    return this.records.get(key);
  }

  async write(key: string, record: Uint8Array): Promise<void> {
    this.writes++;
    await this.writing();
    this.records.set(key, record.slice());
  }

  async keys(prefix: string): Promise<readonly string[]> {
    return [...this.records.keys()].filter((key) => key.startsWith(prefix));
  }

  async remove(key: string): Promise<void> {
    this.records.delete(key);
  }
}

export interface ShelvedRepo {
  readonly service: RepoService;
  readonly container: OpenContainer;
  readonly events: readonly { readonly type: string }[];
  readonly store: CountingStore;
  /** Commits so often, each time with a change. */
  commit(times?: number): Promise<void>;
  anchor(): Promise<Anchor>;
  close(): Promise<void>;
}

/** What an opening here is asked for beside what all are. */
export type ShelfRequest = Partial<OpenRequest> & { readonly taken?: AbortSignal };

export class Shelf implements StoreProvider {
  readonly location: string;
  readonly marks: MemoryMarks | undefined;
  disk: MemoryDisk | undefined;
  #store: CountingStore | undefined;
  #changes = 0;

  constructor(location = "opfs://shelf", marks: MemoryMarks | "unmarked" = new MemoryMarks()) {
    this.location = location;
    this.marks = marks === "unmarked" ? undefined : marks;
  }

  async exists(): Promise<boolean> {
    return this.disk !== undefined && isFinished(this.disk.container.header);
  }

  async open(_name: string, mode: StoreMode): Promise<BlockStore> {
    if (mode === "create") this.disk = new MemoryDisk();
    else if (!(await this.exists())) throw new RepoError("REPO_NOT_FOUND");
    this.#store = new CountingStore((this.disk ??= new MemoryDisk()).open(mode));
    return this.#store;
  }

  async destroy(): Promise<void> {
    this.disk = undefined;
  }

  /** What is there now, to be put back later or elsewhere. */
  copy(): MemoryDisk {
    return (this.disk ?? new MemoryDisk()).copy();
  }

  /** The repo, which `createNew` makes. */
  async repo(request: ShelfRequest = {}): Promise<ShelvedRepo> {
    const { location, marks } = this;
    const { taken, ...asked } = request;
    const events: { readonly type: string }[] = [];
    const whole: OpenRequest = {
      uri: location,
      opening: 1,
      credential: { rawKey: new Uint8Array(32).fill(9) },
      mode: "open",
      readOnly: false,
      durability: "relaxed",
      cipher: "aes-256-gcm",
      kdf: "interactive",
      versionLimit: 1,
      compress: undefined,
      dedup: false,
      ...asked,
    };
    const place = { backend: "opfs", name: "shelf", location, provider: this, marks } as const;
    const container = await openContainer(whole, place, {
      derive: () => Promise.reject(new Error("no password is used here")),
      onEvent: (event) => void events.push(event),
      ...(taken && { taken }),
    });
    const service = new RepoService(
      whole,
      place,
      container,
      () => undefined,
      () => undefined,
    );
    const store = this.#store ?? new CountingStore(new MemoryDisk().open());
    return {
      service,
      container,
      events,
      store,
      commit: async (times = 1) => {
        for (let i = 0; i < times; i++) {
          await service.setattr("/", { mode: 0o700 + (this.#changes++ % 64) }, true);
          await service.sync();
        }
      },
      anchor: () => service.anchor(),
      close: () => service.close(),
    };
  }
}
