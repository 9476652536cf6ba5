/**
 * A repo's files as the module `node:fs`: its promises are repo.fs, its synchronous functions those of cofferfs/sync, and
 * its callbacks the one or the other. Node's own streams run on it, by their option `fs`.
 */
import { EventEmitter } from "node:events";
import * as nodeFs from "node:fs";
import { Dirent } from "../../src/api/dirent.js";
import { Stats } from "../../src/api/stats.js";
import { constants, type Repo } from "../../src/index.js";
import type { SyncFs } from "../../src/sync/index.js";

type Call = (...args: unknown[]) => unknown;
type Callback = (error: unknown, ...results: unknown[]) => void;

/** Functions about open files, which are numbers here: those of the synchronous face. */
const OF_DESCRIPTORS = [
  "open",
  "close",
  "read",
  "readv",
  "write",
  "writev",
  "fstat",
  "ftruncate",
  "fsync",
  "fdatasync",
  "fchmod",
  "fchown",
  "futimes",
];

export function nodeLikeFs(fs: Repo["fs"], sync: SyncFs): Record<string, unknown> {
  const made: Record<string, unknown> = {
    ...sync,
    ...callbacksOf(fs),
    ...descriptorCallbacks(sync),
    // Node has these a second time.
    F_OK: constants.F_OK,
    R_OK: constants.R_OK,
    W_OK: constants.W_OK,
    X_OK: constants.X_OK,
    promises: fs,
    watch: watchOf(fs),
    Stats,
    Dirent,
  };
  made["exists"] = (path: string, callback: (found: boolean) => void): void => {
    const found = sync.existsSync(path);
    setImmediate(() => {
      callback(found);
    });
  };
  made["createReadStream"] = (path: string, options?: object) =>
    nodeFs.createReadStream(path, { ...streamOptions(options), fs: made as never });
  made["createWriteStream"] = (path: string, options?: object) =>
    nodeFs.createWriteStream(path, { ...streamOptions(options), fs: made as never });
  return made;
}

function streamOptions(options: object | string | undefined): object {
  return typeof options === "string" ? { encoding: options } : { ...options };
}

function callbacksOf(fs: Repo["fs"]): Record<string, Call> {
  const calls = Object.entries(fs).filter(
    (entry): entry is [string, () => Promise<unknown>] =>
      typeof entry[1] === "function" && !["open", "watch", "glob"].includes(entry[0]),
  );
  return Object.fromEntries(calls.map(([name, call]) => [name, calledBack(call)]));
}

/** What is thrown by the callback is nobody's rejection. */
function calledBack(call: (...args: unknown[]) => Promise<unknown>): Call {
  return (...args) => {
    const callback = args.pop() as Callback;
    const settle = (...results: [unknown, ...unknown[]]): void =>
      void setImmediate(() => {
        callback(...results);
      });
    call(...args).then((result) => {
      if (result === undefined) settle(null);
      else settle(null, result);
    }, settle);
  };
}

function descriptorCallbacks(sync: SyncFs): Record<string, Call> {
  return Object.fromEntries(
    OF_DESCRIPTORS.map((name) => {
      const call = Reflect.get(sync, `${name}Sync`) as Call;
      return [name, later(call)];
    }),
  );
}

/** Calls back in a turn of its own. As in Node, read and write tell of the buffer too, and wrong arguments throw. */
function later(call: Call): Call {
  return (...args) => {
    // The one that closes may be left out.
    const callback: Callback =
      typeof args.at(-1) === "function" ? (args.pop() as Callback) : ignore;
    const results: unknown[] = [null];
    try {
      results.push(call(...args), args[1]);
    } catch (error) {
      if (!(error instanceof Error) || !("syscall" in error)) throw error;
      results.splice(0, 1, error, 0);
    }
    setImmediate(() => {
      callback(...(results as [unknown, ...unknown[]]));
    });
  };
}

function ignore(): void {
  // Nobody asked.
}

/** As `fs.watch` has it: events are emitted, and told to a listener. */
function watchOf(fs: Repo["fs"]): Call {
  return (path, ...rest) => {
    const listener = rest.find((argument) => typeof argument === "function");
    const options = rest.find((argument) => typeof argument === "object");
    const emitter = new EventEmitter();
    if (listener !== undefined) emitter.on("change", listener as Callback);
    const stop = new AbortController();
    const close = (): void => {
      stop.abort();
    };
    const tell = async (): Promise<void> => {
      const events = fs.watch(path as string, { ...options, signal: stop.signal });
      for await (const { eventType, filename } of events)
        emitter.emit("change", eventType, filename);
    };
    tell().catch((error: unknown) => {
      if (!stop.signal.aborted) emitter.emit("error", error);
    });
    return Object.assign(emitter, { close, [Symbol.dispose]: close });
  };
}
