/** RepoService: one open repo as the page sees it, its files and what only repos have. */
import type { CheckReport } from "../engine/check.js";
import type { Engine } from "../engine/engine.js";
import type { KeyDerivation } from "../crypto/kdf.js";
import { named } from "../vfs/naming.js";
import { RepoFileSystem } from "../vfs/repo-fs.js";
import type { OpenContainer } from "./container.js";
import { ContainerExport } from "./container-export.js";
import type { NotifyChange } from "./file-service.js";
import { Exports } from "./exports.js";
import { LongTasks } from "./long-tasks.js";
import type { Place } from "./places.js";
import type { ContainerKeys } from "./container-keys.js";
import { derivationAt, noDerivation } from "./derivation.js";
import type {
  Anchor,
  ExportStart,
  KeyChangeRequest,
  KeyChangeResult,
  KeyInfo,
  OpenRequest,
  Progress,
  RepairReport,
  RemoteRepo,
  RepoInfo,
  RepoStats,
  SnapshotInfo,
  SyncChannelParts,
  TreeMethod,
} from "./protocol.js";
import { repairContainer } from "./repair.js";
import { Resealing } from "./resealing.js";
import { repoInfo } from "./repo-info.js";
import type { CallGuard } from "./locking-service.js";
import type { Unlock } from "./repo-lock.js";
import { wipeSecrets } from "./secrets.js";
import { StagedFileService } from "./staged-file-service.js";
import { SyncChannels } from "./sync-channels.js";
import type { FilesCall } from "./sync-server.js";
import { Trees } from "./trees.js";

export class RepoService extends StagedFileService implements RemoteRepo {
  readonly #engine: Engine;
  readonly #trees: Trees;
  readonly #channels = new SyncChannels();
  readonly #info: () => RepoInfo;
  readonly #unlock: Unlock;
  readonly #exports: Exports;
  readonly #keys: ContainerKeys;
  readonly #container: OpenContainer;
  readonly #resealing: Resealing;
  #closing: Promise<void> | undefined;
  readonly #keyChanges = new Map<number, AbortController>();
  readonly #tasks: LongTasks;

  /** `unlock` is called once the repo has let go of its storage. */
  constructor(
    request: OpenRequest,
    place: Place,
    container: OpenContainer,
    unlock: Unlock,
    notifyChange: NotifyChange,
  ) {
    const { session = 0 } = request;
    super(new RepoFileSystem(container.engine), session, notifyChange);
    this.#trees = new Trees(session, notifyChange);
    this.#exports = new Exports(request.session);
    this.#tasks = new LongTasks(request.session);
    this.#keys = container.keys;
    this.#container = container;
    this.#resealing = new Resealing(container.engine, container.keys);
    this.#resealing.start();
    this.#engine = container.engine;
    // Not the request itself, whose password would stay for as long as the repo is open.
    const { uri, durability } = request;
    this.#info = () => repoInfo({ uri, durability }, place, container);
    this.#unlock = unlock;
  }

  check(): Promise<CheckReport> {
    return this.#engine.check();
  }

  async beginCompaction(): Promise<number> {
    return this.#tasks.start((signal, onProgress) =>
      this.#engine.maintenance.compact({ signal, onProgress }),
    );
  }

  async beginResealing(): Promise<number> {
    return this.#tasks.start((signal, onProgress) => this.#resealing.finish(signal, onProgress));
  }

  followTask(id: number): Promise<Progress | undefined> {
    return this.#tasks.follow(id);
  }

  cancelTask(id: number): Promise<void> {
    return this.#tasks.cancel(id);
  }

  async anchor(): Promise<Anchor> {
    return this.#container.freshness.anchorOf(await this.#engine.promised());
  }

  repair(): Promise<RepairReport> {
    return repairContainer(this.#container);
  }

  async stats(): Promise<RepoStats> {
    return this.#engine.stats();
  }

  async info(): Promise<RepoInfo> {
    return this.#info();
  }

  async listKeys(): Promise<readonly KeyInfo[]> {
    return this.#keys.list();
  }

  async changeKeys(change: KeyChangeRequest): Promise<KeyChangeResult> {
    const abandoned = new AbortController();
    this.#keyChanges.set(change.number, abandoned);
    try {
      const derive = this.derivation(change.derivation, abandoned.signal);
      const result = await this.#keys.change(change, derive);
      this.#resealing.start();
      return result;
    } finally {
      this.#keyChanges.delete(change.number);
      change.derivation?.close();
      wipeSecrets(change.current, ...change.credentials);
    }
  }

  async abandonKeyChange(number: number): Promise<void> {
    this.#keyChanges.get(number)?.abort();
  }

  takeSnapshot(name: string): Promise<void> {
    return named("snapshot", name, this.#engine.snapshots.take(name));
  }

  snapshots(): Promise<SnapshotInfo[]> {
    return this.#engine.snapshots.list();
  }

  restoreSnapshot(name: string): Promise<void> {
    return named("restore", name, this.#engine.snapshots.restore(name));
  }

  deleteSnapshot(name: string): Promise<void> {
    return named("deleteSnapshot", name, this.#engine.snapshots.remove(name));
  }

  async openSnapshot(name: string): Promise<number> {
    const tree = await named("openSnapshot", name, this.#engine.openSnapshot(name));
    return this.#trees.add(tree);
  }

  async beginTransaction(): Promise<number> {
    return this.#trees.addTransaction(await this.#engine.begin());
  }

  commitTransaction(id: number): Promise<void> {
    return this.#trees.commit(id);
  }

  closeTree(id: number): Promise<void> {
    return this.#trees.close(id);
  }

  async inTree(id: number, method: TreeMethod, ...args: unknown[]): Promise<unknown> {
    return this.#trees.call(id, method, args);
  }

  /** Calls through the channel are run by `guard`. */
  async serveSync(
    channel: SyncChannelParts,
    tree?: number,
    guard: CallGuard = (call) => call(),
  ): Promise<number> {
    const files: FilesCall = async (method, args) => {
      if (tree !== undefined) return this.inTree(tree, method, ...args);
      const call = this[method].bind(this) as (...all: readonly unknown[]) => Promise<unknown>;
      return call(...args);
    };
    return this.#channels.serve(channel, (method, args) => guard(() => files(method, args)));
  }

  endSync(id: number): Promise<void> {
    return this.#channels.end(id);
  }

  async beginExport(): Promise<ExportStart> {
    return this.#exports.add(await ContainerExport.ofOpen(this.#engine));
  }

  nextExport(id: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#exports.next(id);
  }

  endExport(id: number): Promise<void> {
    return this.#exports.end(id);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const abandoned of this.#keyChanges.values()) abandoned.abort();
    try {
      // Whatever becomes of these, the keys go.
      await Promise.allSettled([
        this.#tasks.cancelAll(),
        this.#resealing.stop(),
        this.#exports.endAll(),
        this.#trees.closeAll(),
        this.closeStaged(),
      ]);
      await this.fs.close();
    } finally {
      await this.#container.freshness.end();
      this.#unlock();
    }
  }

  /** Where the passwords of a key change are derived. */
  protected derivation(port: MessagePort | undefined, abandoned: AbortSignal): KeyDerivation {
    return port ? derivationAt(port, abandoned) : noDerivation;
  }
}
