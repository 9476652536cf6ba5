/**
 * A callback fs in the shape of fs/promises, so that the cases of test/unit/api/node-fs/ run on it as they are: each call gets a
 * callback of ours, and what that is told is what the promise settles with. Open files are handles again, over their numbers.
 */
import type { Fs } from "../api/node-fs/two-sides.js";

type Call = (...args: readonly unknown[]) => unknown;

/** Methods of a handle by the functions that they become. */
const METHODS = {
  read: "read",
  readv: "readv",
  readFile: "readFile",
  write: "write",
  writev: "writev",
  writeFile: "writeFile",
  appendFile: "appendFile",
  truncate: "ftruncate",
  stat: "fstat",
  sync: "fsync",
  datasync: "fdatasync",
  chmod: "fchmod",
  chown: "fchown",
  utimes: "futimes",
} as const;

/** The results of these have names. */
const NAMED: Readonly<Record<string, readonly [string, string]>> = {
  read: ["bytesRead", "buffer"],
  readv: ["bytesRead", "buffers"],
  write: ["bytesWritten", "buffer"],
  writev: ["bytesWritten", "buffers"],
};

/** What Node's `read` with a callback asks for beside a buffer: options, or all of the rest. */
function padded(name: string, args: readonly unknown[]): readonly unknown[] {
  const [, second] = args;
  if (name !== "read" || args.length < 2 || (typeof second === "object" && second !== null))
    return args;
  return Array.from({ length: 4 }, (_, i) => args[i]);
}

/** Calls `fs[name]` and waits for its callback. */
export function called(fs: object, name: string, args: readonly unknown[]): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const callback = (error: unknown, ...results: unknown[]): void => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- whatever it was
      if (error) reject(error);
      else resolve(results);
    };
    (Reflect.get(fs, name) as Call).call(fs, ...args, callback);
  });
}

export function promised(fs: object): Fs {
  const wrapped = new Proxy(fs, {
    get(target, name: string) {
      const member: unknown = Reflect.get(target, name);
      // Node's other `realpath` looks at the links by itself and words its errors accordingly.
      if (name === "realpath")
        return async (...args: readonly unknown[]) =>
          (await called(member as object, "native", args))[0];
      if (typeof member !== "function" || name === "watch") return member;
      return async (...args: readonly unknown[]) => {
        const given = args.map((arg) => (arg instanceof Handle ? arg.fd : arg));
        const [result] = await called(target, name, given);
        return name === "open" ? new Handle(target, result as number) : result;
      };
    },
  });
  return wrapped as unknown as Fs;
}

class Handle {
  readonly fd: number;

  constructor(fs: object, fd: number) {
    this.fd = fd;
    const methods = Object.entries(METHODS).map(([method, name]) => [
      method,
      async (...args: readonly unknown[]) => {
        const results = await called(fs, name, [fd, ...padded(name, args)]);
        const names = NAMED[name];
        return names === undefined
          ? results[0]
          : Object.fromEntries(names.map((one, i) => [one, results[i]]));
      },
    ]);
    Object.assign(this, Object.fromEntries(methods), {
      close: async () => {
        await called(fs, "close", [fd]);
      },
    });
  }
}
