/** The script of a SyncThread: takes a channel, and then calls and scenarios one by one. */
import * as nodeFs from "node:fs";
import { parentPort } from "node:worker_threads";
import { syncFs, type PostedSyncChannel, type SyncFs } from "../../../src/sync/index.js";
import { scenarios } from "./scenarios.js";
import type { Outcome, ThreadRequest, ThreadResponse } from "./thread-messages.js";

let fs: SyncFs | undefined;

parentPort?.on("message", (message: PostedSyncChannel | ThreadRequest) => {
  if ("memory" in message) fs = syncFs(message);
  else parentPort?.postMessage({ outcome: outcome(() => run(message)) } satisfies ThreadResponse);
});

function run(request: ThreadRequest): unknown {
  if (fs === undefined) throw new Error("no channel yet");
  if ("scenario" in request) {
    const { scenario, directory } = request;
    return {
      ours: record(scenario, fs, (path) => path, ""),
      nodes: record(scenario, nodeFs as unknown as SyncFs, (path) => directory + path, directory),
    };
  }
  const call = Reflect.get(fs, request.method) as (...args: readonly unknown[]) => unknown;
  return call(...request.args);
}

/** All that a scenario returns, without the directory that it ran in. */
function record(name: string, on: SyncFs, at: (path: string) => string, directory: string): string {
  const value = scenarios[name]?.(on, at, (step) => comparable(outcome(step)));
  const seen = JSON.stringify(value, function (this: object, key: string, item: unknown) {
    // Before Node's Buffer has written itself its own way.
    const given: unknown = Reflect.get(this, key);
    return given instanceof Uint8Array ? [...given] : (item ?? String(item));
  });
  return directory === "" ? seen : seen.replaceAll(directory, "");
}

/** Of a system error all fields; of an error about arguments the kind, which is worded as everybody likes. */
function comparable(found: Outcome): unknown {
  if ("result" in found) return found;
  const { class: kind, ...rest } = found.thrown;
  return rest.syscall === undefined ? kind : rest;
}

function outcome(step: () => unknown): Outcome {
  try {
    return { result: step() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { code, errno, syscall, path, dest } = error as NodeJS.ErrnoException & {
      dest?: string;
    };
    return {
      thrown: {
        class: error.constructor.name,
        message: error.message,
        code,
        errno,
        syscall,
        path,
        dest,
      },
    };
  }
}
