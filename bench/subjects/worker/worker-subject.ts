/** The page's side of a subject in a worker. Every opening is a new worker, as with cofferfs. */
import type { Files, OpenFile, Subject } from "../subject.js";
import type { Calls, CallMessage, ReplyMessage } from "./messages.js";

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

class WorkerCalls {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<ReplyMessage>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.result);
    };
    worker.onerror = ({ message }) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(message));
      this.#waiting.clear();
    };
  }

  call<Name extends keyof Calls>(
    name: Name,
    parameters: Parameters<Calls[Name]>,
    transfer: Transferable[] = [],
  ): Promise<ReturnType<Calls[Name]>> {
    const id = ++this.#calls;
    const message: CallMessage = { id, name, parameters };
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        resolve: (result) => {
          resolve(result as ReturnType<Calls[Name]>);
        },
        reject,
      });
      this.#worker.postMessage(message, transfer);
    });
  }

  end(): void {
    this.#worker.terminate();
  }
}

export interface WorkerSubjectOptions {
  /** Whether the worker imports many files in one transaction. */
  readonly importsInBulk: boolean;
}

export function workerSubject(
  spawn: () => Worker,
  { importsInBulk }: WorkerSubjectOptions,
): Subject {
  const start = async (how: "create" | "reopen"): Promise<Files> => {
    const calls = new WorkerCalls(spawn());
    await calls.call(how, []);
    return filesOver(calls, importsInBulk);
  };
  return {
    create: () => start("create"),
    reopen: () => start("reopen"),
    async destroy() {
      const calls = new WorkerCalls(spawn());
      await calls.call("destroy", []);
      calls.end();
    },
  };
}

function filesOver(calls: WorkerCalls, importsInBulk: boolean): Files {
  return {
    async open(path): Promise<OpenFile> {
      const file = await calls.call("open", [path]);
      return {
        write: (bytes, at) => calls.call("write", [file, bytes, at], [bytes.buffer]),
        read: (length, at) => calls.call("read", [file, length, at]),
        sync: () => calls.call("syncFile", [file]),
        close: () => calls.call("closeFile", [file]),
      };
    },
    writeFile(path, bytes) {
      const own = whole(bytes);
      return calls.call("writeFile", [path, own], own === bytes ? [] : [own.buffer]);
    },
    readFile: (path) => calls.call("readFile", [path]),
    stat: (path) => calls.call("stat", [path]),
    readdir: (path) => calls.call("readdir", [path]),
    mkdir: (path) => calls.call("mkdir", [path]),
    unlink: (path) => calls.call("unlink", [path]),
    sync: () => calls.call("sync", []),
    async close() {
      await calls.call("close", []);
      calls.end();
    },
    ...(importsInBulk && {
      importTree: ({ folders, files }) => calls.call("importFiles", [folders, files]),
    }),
  };
}

/** A posted view takes its whole buffer along, so it must be all of it. */
function whole(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice();
}
