/** Streams over an open file, and what else of a FileHandle Node's table of cases does not show. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRepo, type FileHandle, type Repo } from "../../../src/index.js";
import { readStream } from "../../../src/api/handle-streams.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { pattern } from "../../support/pattern.js";
import { settle } from "../../support/turns.js";

let repo: Repo;
let file: FileHandle;

const SIZE = 200_000;

beforeAll(async () => {
  const rawKey = new Uint8Array(32).fill(7);
  const { factory: worker } = fakeWorkers();
  repo = await openRepo("mem://streams", { rawKey, worker, createNew: true });
});

afterAll(async () => {
  await repo.close();
});

beforeEach(async () => {
  await repo.fs.writeFile("/f", pattern(SIZE));
  file = await repo.fs.open("/f", "r+");
  return () => file.close();
});

async function gathered(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

describe("createReadStream", () => {
  it("gives the content in pieces of the size that it is told, and closes the handle", async () => {
    const sizes: number[] = [];
    for await (const piece of file.createReadStream({ highWaterMark: 60_000 }))
      sizes.push(piece.length);
    expect(sizes).toEqual([60_000, 60_000, 60_000, 20_000]);
    expect(file.fd).toBe(-1);
  });

  it("reads no more than what is asked for", async () => {
    const reader = file.createReadStream({ highWaterMark: 1000 }).getReader();
    await reader.read();
    await settle();
    expect((await file.read(new Uint8Array(1), 0, 1)).buffer[0], "position 1000").toBe(
      pattern(SIZE)[1000],
    );
    await reader.cancel();
    expect(file.fd).toBe(-1);
  });

  it("goes through the transform streams of the web", async () => {
    const packed = file.createReadStream().pipeThrough(new CompressionStream("gzip"));
    const plain = packed.pipeThrough(new DecompressionStream("gzip"));
    const bytes = new Uint8Array(await new Response(plain).arrayBuffer());
    expect(Buffer.compare(bytes, pattern(SIZE))).toBe(0);
  });

  it("cuts no character in two", async () => {
    const text = "ä€😀".repeat(500);
    for (const encoding of ["utf8", "utf16le", "base64", "base64url", "hex", "latin1"] as const) {
      await repo.fs.writeFile("/text", text, "utf8");
      const whole = await repo.fs.readFile("/text", encoding);
      const handle = await repo.fs.open("/text");
      let joined = "";
      for await (const piece of handle.createReadStream({ encoding, highWaterMark: 7 }))
        joined += piece;
      expect(joined, encoding).toBe(whole);
    }
  });

  it("stays open with autoClose: false, and starts where it is told", async () => {
    const stream = file.createReadStream({ start: 10, end: 19, autoClose: false });
    expect(await gathered(stream)).toEqual(Buffer.from(pattern(SIZE).subarray(10, 20)));
    expect(file.fd).toBeGreaterThan(0);
  });

  it("errors with the reason of its signal", async () => {
    const stop = new AbortController();
    const stream = file.createReadStream({ signal: stop.signal, highWaterMark: 10 });
    const reader = stream.getReader();
    await reader.read();
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(reader.read()).rejects.toBe(reason);
    await expect(
      gathered(file.createReadStream({ signal: AbortSignal.abort(reason) })),
    ).rejects.toBe(reason);
  });

  it("closes the handle when reading fails, and says why", async () => {
    await repo.fs.writeFile("/only-written", "x");
    const handle = await repo.fs.open("/only-written", "a");
    const reader = handle.createReadStream().getReader();
    await expect(reader.read()).rejects.toMatchObject({ code: "EBADF" });
    expect(handle.fd).toBe(-1);
  });

  it("leaves nothing on a signal that outlives it", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      const options = args[2];
      if (typeof options === "object")
        options.signal?.addEventListener("abort", () => {
          listeners--;
        });
      add(...args);
    };
    await gathered(file.createReadStream({ signal }));
    expect(listeners).toBe(0);
  });

  it("reads one piece ahead where it has a place of its own, and no more", async () => {
    const reads: (number | undefined)[] = [];
    const counted = {
      read: async (_: number, at: number | undefined) => {
        reads.push(at);
        return new Uint8Array(10);
      },
      write: async () => 0,
      sync: async () => undefined,
      close: async () => undefined,
    };
    const reader = readStream(counted, { start: 0, highWaterMark: 10 }).getReader();
    for (let asked = 0; asked < 5; asked++) {
      await settle();
      expect(reads.length).toBe(asked + 1);
      await reader.read();
    }
    expect(reads.slice(0, 3)).toEqual([0, 10, 20]);
  });

  it("has for await where the browser's streams have not", async () => {
    const { prototype } = ReadableStream as { prototype: object };
    const known = Object.getOwnPropertyDescriptor(prototype, Symbol.asyncIterator);
    if (known === undefined) throw new Error("Node has it");
    Reflect.deleteProperty(prototype, Symbol.asyncIterator);
    try {
      expect(Buffer.compare(await gathered(file.createReadStream()), pattern(SIZE))).toBe(0);
      file = await repo.fs.open("/f");
      for await (const piece of file.createReadStream({ highWaterMark: 10 }))
        if (piece.length > 0) break;
      expect(file.fd, "who leaves the loop has closed it").toBe(-1);
    } finally {
      Object.defineProperty(prototype, Symbol.asyncIterator, known);
    }
  });
});

describe("readableWebStream", () => {
  it("gives all bytes once, fills the reader's own buffers, and leaves the handle open", async () => {
    const reader = file.readableWebStream().getReader({ mode: "byob" });
    const parts: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read(new Uint8Array(70_000));
      if (done) break;
      parts.push(value);
    }
    expect(Buffer.compare(Buffer.concat(parts), pattern(SIZE))).toBe(0);
    expect(file.fd).toBeGreaterThan(0);
    expect(() => file.readableWebStream()).toThrow("Invalid state: The FileHandle is locked");
  });

  it("ends when the handle is closed", async () => {
    const reader = file.readableWebStream().getReader();
    expect((await reader.read()).done).toBe(false);
    await file.close();
    expect((await reader.read()).done).toBe(true);
  });
});

describe("createWriteStream", () => {
  it("writes text and bytes where it is told, and closes the handle", async () => {
    const writer = file.createWriteStream({ start: 5, flush: true }).getWriter();
    await writer.write("häß");
    await writer.write(new Uint8Array([1, 2]));
    await writer.close();
    expect(file.fd).toBe(-1);
    const expected = Buffer.concat([
      pattern(SIZE).subarray(0, 5),
      Buffer.from("häß"),
      Buffer.from([1, 2]),
      pattern(SIZE).subarray(12),
    ]);
    expect(Buffer.compare(await repo.fs.readFile("/f"), expected)).toBe(0);
  });

  it("takes what is piped into it, and closes the handle if that fails", async () => {
    const source = await repo.fs.open("/f");
    const target = await repo.fs.open("/copy", "w");
    await source.createReadStream().pipeTo(target.createWriteStream());
    expect(Buffer.compare(await repo.fs.readFile("/copy"), pattern(SIZE))).toBe(0);
    const other = await repo.fs.open("/other", "w");
    const failing = new ReadableStream<Uint8Array>({
      start: (controller) => {
        controller.error(new Error("no"));
      },
    });
    await expect(failing.pipeTo(other.createWriteStream())).rejects.toThrow("no");
    expect(other.fd).toBe(-1);
  });

  it("refuses what is no data, and closes the handle", async () => {
    const writer = file.createWriteStream().getWriter();
    await expect(writer.write(5 as never)).rejects.toThrow(TypeError);
    await expect(writer.closed).rejects.toThrow(TypeError);
    expect(file.fd).toBe(-1);
  });
});

describe("an open file", () => {
  it("fills and writes several buffers at once", async () => {
    const [a, b] = [new Uint8Array(3), new Uint16Array(2)];
    expect(await file.readv([a, b], 1)).toEqual({ bytesRead: 7, buffers: [a, b] });
    const bytes = [...a, ...new Uint8Array(b.buffer)];
    expect(bytes).toEqual([...pattern(SIZE).subarray(1, 8)]);
    expect((await file.writev([b, a], 100)).bytesWritten).toBe(7);
    const { buffer } = await file.read(new Uint8Array(7), 0, 7, 100);
    expect([...buffer]).toEqual([...new Uint8Array(b.buffer), ...a]);
  });

  it("is closed at the end of its scope, and so is a directory", async () => {
    const handles = await (async () => {
      await using handle = await repo.fs.open("/f");
      await using dir = await repo.fs.opendir("/");
      await dir.read();
      return { handle, dir };
    })();
    expect(handles.handle.fd).toBe(-1);
    await expect(handles.dir.read()).rejects.toMatchObject({ code: "ERR_DIR_CLOSED" });
  });
});

describe("what Linux has not", () => {
  it("lchmod changes the mode of a link and not of what it leads to", async () => {
    await repo.fs.writeFile("/target", "", { mode: 0o644 });
    await repo.fs.symlink("target", "/link");
    await repo.fs.lchmod("/link", 0o700);
    expect((await repo.fs.lstat("/link")).mode & 0o7777).toBe(0o700);
    expect((await repo.fs.stat("/link")).mode & 0o7777).toBe(0o644);
  });

  it("statfs tells of the container", async () => {
    const { bsize, blocks, bfree, bavail } = await repo.fs.statfs("/");
    const { slotBytes, slots, freeSlots } = await repo.stats();
    expect([bsize, blocks, bfree, bavail]).toEqual([slotBytes, slots, freeSlots, freeSlots]);
    expect((await repo.fs.statfs("/", { bigint: true })).bsize).toBe(BigInt(slotBytes));
  });

  it("mkdtemp never gives a name twice", async () => {
    await repo.fs.mkdir("/tmp");
    const made = await Promise.all(Array.from({ length: 50 }, () => repo.fs.mkdtemp("/tmp/x-")));
    expect(new Set(made).size).toBe(50);
    for (const path of made) expect(path).toMatch(/^\/tmp\/x-[A-Za-z0-9]{6}$/);
  });
});
