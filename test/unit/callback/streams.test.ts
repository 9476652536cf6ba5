/** Streams over files, made with the classes of Node and with those of the package that browsers have in their place. */
import * as nodeStream from "node:stream";
import { pipeline } from "node:stream/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as readableStream from "readable-stream";
import { callbackFs } from "../../../src/callback/index.js";
import { openRepo, type Repo } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { called } from "./promised.js";

const TEXT = "The quick brown fox jumps over the lazy dog.";

let repo: Repo;

beforeAll(async () => {
  const rawKey = new Uint8Array(32).fill(7);
  repo = await openRepo("mem://streams", { rawKey, create: true, worker: fakeWorkers().factory });
  await repo.fs.writeFile("/f", TEXT);
  await repo.fs.writeFile("/large", new Uint8Array(300_000).fill(7));
});

afterAll(() => repo.close());

/** The events of a stream in their order, up to `close`. */
function eventsOf(stream: NodeJS.EventEmitter, ...names: string[]): Promise<unknown[]> {
  return new Promise((resolve) => {
    const told: unknown[] = [];
    for (const name of names)
      stream.on(name, (detail: unknown) => {
        told.push(detail instanceof Error ? [name, (detail as { code?: unknown }).code] : name);
      });
    stream.on("close", () => {
      resolve([...told, "close"]);
    });
  });
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(Buffer.from(part as string));
  return Buffer.concat(parts).toString();
}

const CLASSES = {
  "node:stream": nodeStream,
  "readable-stream": readableStream as unknown as typeof nodeStream,
} as const;

describe.each(Object.keys(CLASSES) as (keyof typeof CLASSES)[])("with %s", (name) => {
  const { Readable, Writable } = CLASSES[name];
  const open = () => callbackFs(repo.fs, { Readable, Writable, Buffer });

  it.each([
    [undefined, TEXT],
    [{ start: 4 }, TEXT.slice(4)],
    [{ start: 4, end: 8 }, "quick"],
    [{ end: 2 }, "The"],
    [{ highWaterMark: 3 }, TEXT],
    [{ start: 1, end: 30, highWaterMark: 7 }, TEXT.slice(1, 31)],
    [{ start: 100 }, ""],
    ["utf8", TEXT],
    [{ encoding: "hex" }, Buffer.from(TEXT).toString("hex")],
  ] as const)("a file is read with %o", async (options, expected) => {
    const stream = open().createReadStream("/f", options);
    expect(await textOf(stream)).toBe(expected);
    expect(stream.bytesRead).toBe(
      typeof options === "object" && "encoding" in options ? 44 : expected.length,
    );
  });

  it("a reader tells of its file as it is opened and closed, and has read all of it", async () => {
    const stream = open().createReadStream("/large");
    expect([stream.pending, stream.fd, stream.path]).toEqual([true, null, "/large"]);
    const events = eventsOf(stream, "open", "ready", "end", "error");
    let size = 0;
    stream.on("data", (piece: Buffer) => {
      expect(Buffer.isBuffer(piece)).toBe(true);
      size += piece.length;
    });
    expect(await events).toEqual(["open", "ready", "end", "close"]);
    expect([size, stream.bytesRead, stream.fd]).toEqual([300_000, 300_000, null]);
  });

  it("a file that cannot be opened destroys the stream with the error", async () => {
    const fs = open();
    const reader = fs.createReadStream("/none");
    expect(await eventsOf(reader, "open", "error", "end")).toEqual([["error", "ENOENT"], "close"]);
    const writer = fs.createWriteStream("/none/x");
    writer.on("error", () => undefined);
    writer.write("x");
    expect(await eventsOf(writer, "error", "finish")).toEqual([["error", "ENOENT"], "close"]);
  });

  it("what is written is there when it has finished, and the file is closed", async () => {
    const fs = open();
    const stream = fs.createWriteStream("/written", { flush: true });
    const events = eventsOf(stream, "open", "ready", "finish", "error");
    stream.write("häß ");
    stream.write(Buffer.from([1, 2, 3]));
    stream.write("0a0b", "hex");
    stream.end("end");
    expect(await events).toEqual(["open", "ready", "finish", "close"]);
    const expected = Buffer.concat([
      Buffer.from("häß "),
      Buffer.from([1, 2, 3, 10, 11]),
      Buffer.from("end"),
    ]);
    expect(Buffer.from(await repo.fs.readFile("/written"))).toEqual(expected);
    expect([stream.bytesWritten, stream.fd]).toEqual([expected.length, null]);
  });

  it("writing begins where it is told to, or at the end", async () => {
    const fs = open();
    await repo.fs.writeFile("/placed", "0123456789");
    const placed = fs.createWriteStream("/placed", { flags: "r+", start: 3 });
    placed.write("a");
    placed.end("b");
    await eventsOf(placed);
    expect(await repo.fs.readFile("/placed", "utf8")).toBe("012ab56789");
    const appended = fs.createWriteStream("/placed", { flags: "a" });
    appended.end("!");
    await eventsOf(appended);
    expect(await repo.fs.readFile("/placed", "utf8")).toBe("012ab56789!");
  });

  it("a pipe copies a file, and what waited goes in one transaction", async () => {
    const fs = open();
    const target = fs.createWriteStream("/copied");
    fs.createReadStream("/large").pipe(target);
    await eventsOf(target);
    expect(await repo.fs.readFile("/copied")).toEqual(await repo.fs.readFile("/large"));
  });

  it("an open file is read by its number, and stays open without autoClose", async () => {
    const fs = open();
    const [fd] = (await called(fs, "open", ["/f", "r"])) as [number];
    const first = fs.createReadStream("", { fd, autoClose: false, end: 2 });
    expect(first.fd).toBe(fd);
    const ended = new Promise((resolve) => first.on("end", resolve));
    let text = "";
    first.on("data", (piece: Buffer) => (text += String(piece)));
    await ended;
    expect(text).toBe("The");
    await called(fs, "fstat", [fd]);
    await textOf(fs.createReadStream("", { fd }));
    await expect(called(fs, "fstat", [fd])).rejects.toMatchObject({ code: "EBADF" });
  });

  it("destroying a stream, and aborting it, closes its file", async () => {
    const fs = open();
    const stop = new AbortController();
    const aborted = fs.createReadStream("/large", { signal: stop.signal });
    const events = eventsOf(aborted, "error", "end");
    stop.abort();
    expect(await events).toEqual([["error", "ABORT_ERR"], "close"]);
    const closed = fs.createReadStream("/large");
    const fd = await new Promise((resolve) => closed.on("open", resolve));
    await new Promise<void>((resolve) => {
      closed.close(resolve);
    });
    await expect(called(fs, "fstat", [fd])).rejects.toMatchObject({ code: "EBADF" });
    await new Promise<void>((resolve) => {
      closed.close(resolve);
    });
  });

  it("what a listener throws is no error of the file", async () => {
    const others = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    try {
      const uncaught = new Promise((resolve) => process.once("uncaughtException", resolve));
      const stream = open().createReadStream("/f");
      const errors: unknown[] = [];
      stream.on("error", (error) => errors.push(error));
      const mine = new Error("from a listener");
      stream.once("data", () => {
        throw mine;
      });
      expect(await uncaught).toBe(mine);
      expect(errors).toEqual([]);
      stream.destroy();
    } finally {
      for (const listener of others) process.on("uncaughtException", listener);
    }
  });
});

it("options that make no sense are refused at once, as in Node", () => {
  const fs = callbackFs(repo.fs, nodeStream);
  for (const [options, code] of [
    [5, "ERR_INVALID_ARG_TYPE"],
    [{ start: "1" }, "ERR_INVALID_ARG_TYPE"],
    [{ start: -1 }, "ERR_OUT_OF_RANGE"],
    [{ start: 5, end: 2 }, "ERR_OUT_OF_RANGE"],
    [{ encoding: "klingon" }, "ERR_INVALID_ARG_VALUE"],
    [{ fd: -1 }, "ERR_OUT_OF_RANGE"],
    [{ signal: 5 }, "ERR_INVALID_ARG_TYPE"],
  ] as const)
    expect(() => fs.createReadStream("/f", options as never), JSON.stringify(options)).toThrow(
      expect.objectContaining({ code }),
    );
  expect(() => fs.createWriteStream("/f", { flush: 5 } as never)).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_ARG_TYPE" }),
  );
});

it("there are no streams without classes", () => {
  expect("createReadStream" in callbackFs(repo.fs)).toBe(false);
  expect("createWriteStream" in callbackFs(repo.fs)).toBe(false);
});

it("backpressure holds: no more is read than somebody takes", async () => {
  let asked = 0;
  const counting = {
    ...repo.fs,
    open: async (path: string) => {
      const handle = await repo.fs.open(path);
      return {
        read: (...args: Parameters<typeof handle.read>) => {
          asked++;
          return handle.read(...args);
        },
        close: () => handle.close(),
      };
    },
  };
  const fs = callbackFs(counting, nodeStream);
  const stream = fs.createReadStream("/large", { highWaterMark: 1000 });
  await new Promise((resolve) => stream.once("readable", resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toBeLessThan(5);
  await pipeline(stream, new nodeStream.PassThrough().resume());
  expect(asked).toBe(301);
});
