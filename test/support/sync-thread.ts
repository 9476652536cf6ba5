/** SyncThread: a thread of Node as a worker of a page, which calls a repo's files through a synchronous channel. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "vite";
import type { PostedSyncChannel } from "../../src/sync/index.js";
import type { Outcome, ThreadRequest, ThreadResponse } from "../unit/sync/thread-messages.js";

/** A script as Node can run it; remove it when done. */
export interface BundledScript {
  readonly script: URL;
  readonly remove: () => void;
}

/** The script of a SyncThread. */
export function bundleThread(): Promise<BundledScript> {
  return bundleScript(fileURLToPath(new URL("../unit/sync/thread.ts", import.meta.url)));
}

/** A module with all that it imports, for a thread. */
export async function bundleScript(entry: string): Promise<BundledScript> {
  const outDir = mkdtempSync(join(tmpdir(), "cofferfs-sync-"));
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      outDir,
      minify: false,
      target: "node20",
      lib: {
        entry,
        formats: ["es"],
        fileName: () => "thread.mjs",
      },
      rolldownOptions: { external: [/^node:/] },
    },
  });
  const script = pathToFileURL(join(outDir, "thread.mjs"));
  return {
    script,
    remove: () => {
      rmSync(outDir, { recursive: true });
    },
  };
}

export class SyncThread {
  readonly worker: Worker;
  readonly #waiting: { resolve: (outcome: Outcome) => void; reject: (error: Error) => void }[] = [];

  constructor(script: URL, channel: PostedSyncChannel) {
    this.worker = new Worker(script);
    this.worker.on("message", ({ outcome }: ThreadResponse) =>
      this.#waiting.shift()?.resolve(outcome),
    );
    this.worker.on("error", (error) => {
      for (const { reject } of this.#waiting.splice(0)) reject(error);
    });
    this.worker.postMessage(channel);
  }

  /** Runs a method of the SyncFs there. */
  call(method: string, ...args: unknown[]): Promise<Outcome> {
    return this.#ask({ method, args });
  }

  /** The result of a call that succeeds. */
  async result(method: string, ...args: unknown[]): Promise<unknown> {
    const outcome = await this.call(method, ...args);
    if ("thrown" in outcome) throw new Error(`${method}: ${JSON.stringify(outcome.thrown)}`);
    return outcome.result;
  }

  /** Runs a scenario there, on the SyncFs and below a directory on Node's own fs. */
  scenario(name: string, directory: string): Promise<Outcome> {
    return this.#ask({ scenario: name, directory });
  }

  #ask(request: ThreadRequest): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.worker.postMessage(request);
    });
  }
}
