/** The functions with a path, each over its twin with a promise. */
import { asked, later, tell } from "./callback.js";
import { withBytes, type ToBytes } from "./bytes.js";
import { CallbackDir } from "./callback-dir.js";
import { isDescriptor, type Descriptors } from "./descriptors.js";
import {
  hasCall,
  invoke,
  OPTIONAL_CALLS,
  PATH_CALLS,
  resolved,
  type PromisesFs,
} from "./promises-fs.js";

export type Call = (...args: readonly unknown[]) => void;

/** Node's way to say how a function is promisified whose callback has not exactly one result. */
export const PROMISIFIED = Symbol.for("nodejs.util.promisify.custom");

type Work = (args: readonly unknown[]) => Promise<unknown>;

export function pathCalls(
  fs: PromisesFs,
  descriptors: Descriptors,
  toBytes: ToBytes,
): Record<string, Call> {
  const plainly =
    (name: string): Work =>
    (args) =>
      resolved(fs, name, args);

  /** What takes a number in the place of the path: an open file. */
  const onEither =
    (name: string, syscall: string): Work =>
    async (args) => {
      const [path, ...rest] = args;
      if (!isDescriptor(path)) return invoke(fs, name, args);
      return invoke(descriptors.get(path, syscall), name, rest);
    };

  const write =
    (name: string): Work =>
    async (args) => {
      const [path, , options] = args;
      const result = await onEither(name, "write")(args);
      // A handle is not asked to; the number of one is.
      if (isDescriptor(path) && asksToFlush(options))
        await resolved(descriptors.get(path, "fsync"), "sync", []);
      return result;
    };

  const special: Readonly<Record<string, Work>> = {
    readFile: onEither("readFile", "fstat"),
    writeFile: write("writeFile"),
    appendFile: write("appendFile"),
    truncate: onEither("truncate", "ftruncate"),
    open: async (args) => descriptors.add(object(await invoke(fs, "open", args))),
    opendir: async (args) => new CallbackDir(object(await invoke(fs, "opendir", args))),
    glob: async (args) => collected(invoke(fs, "glob", args)),
  };

  const calls: Record<string, Call> = {};
  for (const [name, count] of Object.entries({ ...PATH_CALLS, ...OPTIONAL_CALLS })) {
    if (!hasCall(fs, name)) continue;
    const work = special[name] ?? plainly(name);
    calls[name] = (...args) => {
      const { given, callback } = asked(args, count);
      tell(callback, resultsOf(work(given), toBytes));
    };
  }
  const { realpath } = calls;
  // Node has two of them, of which this is the one that asks the system.
  if (realpath !== undefined) calls["realpath"] = withNative(realpath);
  return { ...calls, exists: existsCall(fs) };
}

/** Without a result the callback is given none. */
async function resultsOf(work: Promise<unknown>, toBytes: ToBytes): Promise<readonly unknown[]> {
  const result = await work;
  return result === undefined ? [] : [withBytes(result, toBytes)];
}

/** Told of no error: whatever keeps the path from being found, it is not there. */
function existsCall(fs: PromisesFs): Call {
  const exists = (path: unknown): Promise<boolean> =>
    resolved(fs, "access", [path]).then(
      () => true,
      () => false,
    );
  const call: Call = (...args) => {
    const { given, callback } = asked(args, 2);
    void exists(given[0]).then((found) => {
      later(callback, found);
    });
  };
  return Object.assign(call, { [PROMISIFIED]: exists });
}

function withNative(realpath: Call): Call {
  const both: Call = (...args) => {
    realpath(...args);
  };
  return Object.assign(both, { native: realpath });
}

function asksToFlush(options: unknown): boolean {
  return (
    typeof options === "object" && options !== null && "flush" in options && options.flush === true
  );
}

/** What a well-behaved PromisesFs resolves `open` and `opendir` to. */
function object(value: unknown): object {
  if (typeof value === "object" && value !== null) return value;
  throw new TypeError("what fs.open and fs.opendir resolve to must be objects");
}

async function collected(found: unknown): Promise<readonly unknown[]> {
  const all: unknown[] = [];
  for await (const one of found as AsyncIterable<unknown>) all.push(one);
  return all;
}
