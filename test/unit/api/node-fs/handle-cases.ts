/** Cases about open files. */
import { ABORTED, label, method, ODD_MODES, type Args, type Call } from "./tables.js";
import type { Case, Fs } from "./two-sides.js";

type Handle = Awaited<ReturnType<Fs["open"]>>;

/** What each step gives or throws, in turn, on a handle that is closed then. */
function onHandle(
  name: string,
  flags: string,
  ...steps: readonly ((handle: Handle) => unknown)[]
): Case {
  return {
    name: `open(f, ${flags}): ${name}`,
    run: async (fs) => {
      const handle = await fs.open("f", flags);
      const told: unknown[] = [];
      try {
        for (const step of steps)
          told.push(
            await Promise.resolve(handle)
              .then(step)
              .catch((error: unknown) => error),
          );
      } finally {
        await handle.close();
      }
      return told;
    },
  };
}

const HANDLE_CALLS: readonly [name: string, ...args: readonly unknown[]][] = [
  ...[
    [],
    [null],
    [{}],
    [{ length: 4 }],
    [{ buffer: Buffer.alloc(5), position: 3 }],
    [{ buffer: 5 }],
    [{ buffer: null }],
    [5],
    ["x"],
    [[]],
    [Buffer.alloc(4)],
    [Buffer.alloc(4), 1],
    [Buffer.alloc(4), 1, 2],
    [Buffer.alloc(4), 1, 2, 3],
    [Buffer.alloc(4), null, null, null],
    [Buffer.alloc(4), undefined, undefined, undefined],
    [Buffer.alloc(4), { offset: 1, length: 1, position: 5 }],
    [Buffer.alloc(4), {}],
    [Buffer.alloc(0)],
    [Buffer.alloc(0), 0, 1],
    [Buffer.alloc(4), 0, 0],
    [Buffer.alloc(4), 5],
    [Buffer.alloc(4), -1],
    [Buffer.alloc(4), 1.5],
    [Buffer.alloc(4), "1"],
    [Buffer.alloc(4), 0, 5],
    [Buffer.alloc(4), 2, 3],
    [Buffer.alloc(4), 0, -1],
    [Buffer.alloc(4), 0, 4, -1],
    [Buffer.alloc(4), 0, 4, -7],
    [Buffer.alloc(4), 0, 4, 1.5],
    [Buffer.alloc(4), 0, 4, "2"],
    [Buffer.alloc(4), 0, 4, 2n],
    [Buffer.alloc(4), 0, 4, 1000],
    [Buffer.alloc(4), 0, 4, 2 ** 53],
    [new Uint16Array(2), 0, 4, 0],
    [new DataView(new ArrayBuffer(4)), 0, 4, 0],
  ].map((args) => ["read", ...args] as [string, ...unknown[]]),
  ...[
    ["text"],
    ["text", 2],
    ["text", 2, "latin1"],
    ["texä", null, "latin1"],
    ["text", -1],
    ["text", "2"],
    ["text", 100],
    ["0a0", 0, "hex"],
    ["0a0b", 0, "hex"],
    ["text", 0, "klingon"],
    [""],
    [5],
    [null],
    [undefined],
    [{}],
    [new ArrayBuffer(2)],
    [new ArrayBuffer(0)],
    [Buffer.from("abcd")],
    [Buffer.from("abcd"), 1],
    [Buffer.from("abcd"), 1, 2],
    [Buffer.from("abcd"), 1, 2, 3],
    [Buffer.from("abcd"), null, null, null],
    [Buffer.from("abcd"), { offset: 1, length: 2, position: 3 }],
    [Buffer.from("abcd"), {}],
    [Buffer.from("abcd"), null],
    [Buffer.from("abcd"), 5],
    [Buffer.from("abcd"), -1],
    [Buffer.from("abcd"), 1.5],
    [Buffer.from("abcd"), "1"],
    [Buffer.from("abcd"), 0, 5],
    [Buffer.from("abcd"), 0, -1],
    [Buffer.from("abcd"), 0, "2"],
    [Buffer.from("abcd"), 0, 1.5],
    [Buffer.from("abcd"), 0, 4, -1],
    [Buffer.from("abcd"), 0, 4, 1.5],
    [Buffer.from("abcd"), 0, 4, "2"],
    [Buffer.from("abcd"), 0, 4, 100],
    [Buffer.alloc(0)],
    [new Uint16Array([24930, 25444]), 0, 4, 0],
  ].map((args) => ["write", ...args] as [string, ...unknown[]]),
  ...[
    [],
    [[]],
    [[Buffer.alloc(3)]],
    [[Buffer.alloc(3), new Uint8Array(2)]],
    [[Buffer.alloc(3), new Uint8Array(2)], 4],
    [[Buffer.alloc(3)], null],
    [[Buffer.alloc(3)], "1"],
    [[Buffer.alloc(3)], -1],
    [5],
    [["x"]],
    [Buffer.alloc(2)],
    [[Buffer.alloc(0)]],
  ].flatMap((args) => [
    ["readv", ...args] as [string, ...unknown[]],
    ["writev", ...args] as [string, ...unknown[]],
  ]),
  ...[
    [],
    ["utf8"],
    [{ encoding: "hex" }],
    ["klingon"],
    [5],
    [{ signal: ABORTED }],
    [{ signal: 5 }],
    [null],
  ].map((args) => ["readFile", ...args] as [string, ...unknown[]]),
  ...[
    ["x"],
    [""],
    [Buffer.from("xy")],
    [5],
    [null],
    [{}],
    ["0a", "hex"],
    ["x", "klingon"],
    ["x", { signal: ABORTED }],
    [["a", "b"]],
    [new Uint8Array(0)],
  ].flatMap((args) => [
    ["writeFile", ...args] as [string, ...unknown[]],
    ["appendFile", ...args] as [string, ...unknown[]],
  ]),
  ...[[], [3], [0], [100], [-3], ["3"], [1.5], [null], [NaN], [2 ** 53]].map(
    (args) => ["truncate", ...args] as [string, ...unknown[]],
  ),
  ...[[], [{ bigint: true }], [{ bigint: false }], [{}]].map(
    (args) => ["stat", ...args] as [string, ...unknown[]],
  ),
  ...ODD_MODES.map((mode) => ["chmod", mode] as [string, ...unknown[]]),
  ...[[1, 2], [-1, -1], ["1", 2], [1, 2.5], [2 ** 32, 1], []].map(
    (args) => ["chown", ...args] as [string, ...unknown[]],
  ),
  ...[[1, 2], ["1", "2"], [{}, 1], [1, "x"], [-1, 1e9], [new Date(1e12), new Date(1e12)], []].map(
    (args) => ["utimes", ...args] as [string, ...unknown[]],
  ),
  ["sync"],
  ["datasync"],
];

/** Buffers are made anew for each side, lest one sees what the other has read. */
function fresh(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (ArrayBuffer.isView(value)) return structuredClone(value);
  if (Array.isArray(value)) return value.map(fresh);
  const isPlain =
    typeof value === "object" &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype;
  return isPlain
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fresh(item)]))
    : value;
}

const onHandleOf =
  (name: string, args: Args) =>
  (handle: Handle): unknown =>
    (Reflect.get(handle, name) as Call).apply(handle, args.map(fresh));

export const handles: Case[] = [
  ...HANDLE_CALLS.flatMap(([name, ...args]) =>
    ["r+", "r", "a"].map((flags) =>
      onHandle(
        `${name}(${args.map(label).join(", ")})`,
        flags,
        onHandleOf(name, args),
        // Where the position is now.
        (handle) => (flags === "a" ? undefined : handle.read(Buffer.alloc(3), 0, 3)),
      ),
    ),
  ),
  ...[
    "read",
    "readv",
    "readFile",
    "write",
    "writev",
    "writeFile",
    "appendFile",
    "truncate",
    "stat",
    "sync",
    "datasync",
    "chmod",
    "chown",
    "utimes",
    "close",
  ].map((name) => ({
    name: `${name} of a closed handle`,
    run: async (fs: Fs) => {
      const handle = await fs.open("f", "r+");
      await handle.close();
      return [handle.fd, await (Reflect.get(handle, name) as Call).call(handle)];
    },
  })),
  ...["readableWebStream"].map((name) => ({
    name: `${name} of a closed handle`,
    run: async (fs: Fs) => {
      const handle = await fs.open("f");
      await handle.close();
      return (Reflect.get(handle, name) as Call).call(handle);
    },
  })),
  {
    name: "a handle in the place of a path",
    run: async (fs) => {
      const handle = await fs.open("f", "r+");
      await fs.writeFile(handle, "begins ", { flag: "a" });
      await fs.appendFile(handle, "so,");
      const rest = await fs.readFile(handle, "utf8");
      await handle.close();
      return rest;
    },
  },
  ...["readFile", "writeFile", "appendFile"].map((name) => ({
    name: `${name} of a closed handle in the place of a path`,
    run: async (fs: Fs) => {
      const handle = await fs.open("f", "r+");
      await handle.close();
      return method(fs, name)(handle, "utf8");
    },
  })),
  {
    name: "a second readableWebStream, and one of an odd type",
    run: async (fs) => {
      const handle = await fs.open("f");
      handle.readableWebStream();
      const told = await Promise.allSettled([
        Promise.resolve(handle).then((one) => one.readableWebStream()),
      ]);
      await handle.close();
      return told.map((one) => (one.status === "rejected" ? (one.reason as unknown) : "stream"));
    },
  },
  ...["f", "empty"].map((path) => ({
    name: `readableWebStream of ${path} gives all of it`,
    run: async (fs: Fs) => {
      const handle = await fs.open(path);
      const parts: Uint8Array[] = [];
      for await (const part of handle.readableWebStream() as AsyncIterable<
        Uint8Array | ArrayBuffer
      >)
        parts.push(new Uint8Array(part));
      await handle.close();
      return Buffer.concat(parts);
    },
  })),
  ...[
    {},
    { start: 3 },
    { end: 4 },
    { start: 2, end: 5 },
    { highWaterMark: 3 },
    { start: 1, end: 8, highWaterMark: 2 },
    { start: 100 },
    { encoding: "utf8" },
    "hex",
    { encoding: "base64", highWaterMark: 5 },
    { start: 5, end: 2 },
    { start: -1 },
    { start: "x" },
    { encoding: "klingon" },
  ].map((given) => ({
    name: `createReadStream(${label(given)})`,
    run: async (fs: Fs) => {
      const handle = await fs.open("f");
      const stream = (Reflect.get(handle, "createReadStream") as Call).call(
        handle,
        given,
      ) as AsyncIterable<Uint8Array | string>;
      const parts: Buffer[] = [];
      for await (const part of stream) parts.push(Buffer.from(part as string));
      await handle.close();
      return Buffer.concat(parts);
    },
  })),
  ...["a\nb\r\nc\rd", "\n\n", "", "a", "a\n", "ä\u2028b", "x\r", "\r\n"].map((text) => ({
    name: `readLines of ${JSON.stringify(text)}`,
    run: async (fs: Fs) => {
      await fs.writeFile("lines", text);
      const handle = await fs.open("lines");
      const lines: string[] = [];
      for await (const line of handle.readLines()) lines.push(line);
      return [lines, handle.fd];
    },
  })),
];
