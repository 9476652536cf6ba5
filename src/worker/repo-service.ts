/** RepoService: one open repo as the page sees it, its files and what only repos have. */
import type { CheckReport } from "../engine/check.js";
import type { Engine } from "../engine/engine.js";
import { RepoFileSystem } from "../vfs/repo-fs.js";
import type { OpenContainer } from "./container.js";
import { ContainerExport } from "./container-export.js";
import { Exports } from "./exports.js";
import { FileService } from "./file-service.js";
import type { Place } from "./places.js";
import type {
  Anchor,
  ExportStart,
  OpenRequest,
  RepairReport,
  RemoteRepo,
  RepoInfo,
  RepoStats,
  SnapshotInfo,
  TreeMethod,
  VersionInfo,
} from "./protocol.js";
import { repairContainer } from "./repair.js";
import { repoInfo } from "./repo-info.js";
import type { Unlock } from "./repo-lock.js";
import { Trees } from "./trees.js";

export class RepoService extends FileService implements RemoteRepo {
  readonly #engine: Engine;
  readonly #repoFs: RepoFileSystem;
  readonly #trees = new Trees();
  readonly #info: RepoInfo;
  readonly #unlock: Unlock;
  readonly #exports = new Exports();
  readonly #container: OpenContainer;

  /** `unlock` is called once the repo has let go of its storage. */
  constructor(request: OpenRequest, place: Place, container: OpenContainer, unlock: Unlock) {
    const fs = new RepoFileSystem(container.engine);
    super(fs);
    this.#repoFs = fs;
    this.#container = container;
    this.#engine = container.engine;
    this.#info = repoInfo(request, place, container);
    this.#unlock = unlock;
  }

  check(): Promise<CheckReport> {
    return this.#engine.check();
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
    return this.#info;
  }

  takeSnapshot(name: string): Promise<void> {
    return this.#engine.snapshots.take(name);
  }

  snapshots(): Promise<SnapshotInfo[]> {
    return this.#engine.snapshots.list();
  }

  restoreSnapshot(name: string): Promise<void> {
    return this.#engine.snapshots.restore(name);
  }

  deleteSnapshot(name: string): Promise<void> {
    return this.#engine.snapshots.remove(name);
  }

  async openSnapshot(name: string): Promise<number> {
    return this.#trees.add(await this.#engine.openSnapshot(name));
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

  history(path: string): Promise<VersionInfo[]> {
    return this.#repoFs.history(path);
  }

  async openVersion(path: string, version: number): Promise<number> {
    return this.serve(await this.#repoFs.openVersion(path, version));
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

  async close(): Promise<void> {
    try {
      await this.#exports.endAll();
      await this.#trees.closeAll();
      await this.fs.close();
    } finally {
      await this.#container.freshness.end();
      this.#unlock();
    }
  }
}
