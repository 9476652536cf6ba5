/** Starts imports and follows each in its panel. Several may run at once. */
import { explain, isAbort } from "../shared/explain.js";
import { h } from "../shared/dom.js";
import type { Vault } from "../vault.js";
import { ImportPanel } from "./import-panel.js";
import { Importer } from "./importer.js";
import { sourcesOfDrop, type ImportSource } from "./sources.js";

/** While an import runs, the list follows it at this pace. */
const REFRESH_MS = 1500;

export class ImportControl {
  readonly element = h("div", { class: "import-panels" });
  readonly #vault: Vault;
  readonly #running = new Set<Promise<void>>();
  readonly #controllers = new Set<() => void>();

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  importSources(folder: string, sources: readonly ImportSource[]): void {
    if (sources.length === 0) return;
    this.#start(folder, new ImportPanel(), Promise.resolve(sources));
  }

  /** Reads `data` before it returns, as drops demand. */
  importDrop(folder: string, data: DataTransfer): void {
    const panel = new ImportPanel();
    const sources = sourcesOfDrop(data, panel.signal, (count) => {
      panel.found(count);
    });
    this.#start(folder, panel, sources);
  }

  /** Cancels what runs and waits for it: nothing is written after that. */
  async stop(): Promise<void> {
    for (const cancel of this.#controllers) cancel();
    await Promise.all(this.#running);
    this.element.replaceChildren();
  }

  #start(folder: string, panel: ImportPanel, sources: Promise<readonly ImportSource[]>): void {
    this.element.append(panel.element);
    const cancel = (): void => {
      panel.cancel();
    };
    this.#controllers.add(cancel);
    const run = this.#run(folder, panel, sources).finally(() => {
      this.#controllers.delete(cancel);
      this.#running.delete(run);
    });
    this.#running.add(run);
  }

  async #run(
    folder: string,
    panel: ImportPanel,
    sources: Promise<readonly ImportSource[]>,
  ): Promise<void> {
    const refresh = window.setInterval(() => {
      this.#vault.reportChange(folder);
    }, REFRESH_MS);
    try {
      const importer = new Importer(this.#vault.repo, folder, panel.signal, (progress) => {
        panel.progress(progress);
      });
      panel.finish(await importer.run(await sources));
    } catch (error) {
      panel.fail(isAbort(error) ? "Stopped before anything was imported." : explain(error));
    } finally {
      window.clearInterval(refresh);
      this.#vault.reportChange(folder);
    }
  }
}
