/** RepoService: one open repo as the page sees it, its files and what only repos have. */
import type { CheckReport } from "../engine/check.js";
import type { Engine } from "../engine/engine.js";
import { RepoFileSystem } from "../vfs/repo-fs.js";
import type { OpenContainer } from "./container.js";
import { ContainerExport } from "./container-export.js";
import { Exports } from "./exports.js";
import { FileService } from "./file-service.js";
import type { Place } from "./places.js";
import type { ExportStart, OpenRequest, RemoteRepo, RepoInfo, RepoStats } from "./protocol.js";
import { repoInfo } from "./repo-info.js";
import type { Unlock } from "./repo-lock.js";

export class RepoService extends FileService implements RemoteRepo {
  readonly #engine: Engine;
  readonly #info: RepoInfo;
  readonly #unlock: Unlock;
  readonly #exports = new Exports();

  /** `unlock` is called once the repo has let go of its storage. */
  constructor(request: OpenRequest, place: Place, container: OpenContainer, unlock: Unlock) {
    super(new RepoFileSystem(container.engine));
    this.#engine = container.engine;
    this.#info = repoInfo(request, place, container);
    this.#unlock = unlock;
  }

  check(): Promise<CheckReport> {
    return this.#engine.check();
  }

  async stats(): Promise<RepoStats> {
    return this.#engine.stats();
  }

  async info(): Promise<RepoInfo> {
    return this.#info;
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
      await this.fs.close();
    } finally {
      this.#unlock();
    }
  }
}
