/** Web streams of a File and of its versions: what they read and leave behind, and how much of it is under way at a time. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRepo, type File, type Repo } from "../../../src/index.js";
import { readableOf, writableOf } from "../../../src/api/file-streams.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { expectSame, pattern } from "../../support/pattern.js";
import { settle } from "../../support/turns.js";

const SIZE = 1_000_000;
let repo: Repo;
let file: File;

beforeAll(async () => {
  const rawKey = new Uint8Array(32).fill(7);
  const { factory: worker } = fakeWorkers();
  repo = await openRepo("mem://file-streams", { rawKey, worker, createNew: true, versionLimit: 3 });
});

afterAll(async () => {
  expect((await repo.check()).ok).toBe(true);
  await repo.close();
});

beforeEach(async () => {
  await repo.fs.rm("/f", { force: true });
  await repo.fs.writeFile("/f", pattern(SIZE));
  file = await repo.openFile("/f", { write: true });
  return () => file.close();
});

async function bytesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

describe("readable()", () => {
  it("gives all from the position on, and leaves the file open", async () => {
    await file.seek(10);
    expectSame(await bytesOf(file.readable()), pattern(SIZE).subarray(10));
    expect(await file.seek(0, "current")).toBe(SIZE);
  });

  it("reads a piece when it is asked for, and nothing after it was cancelled", async () => {
    const reader = file.readable().getReader();
    expect(await file.seek(0, "current")).toBe(0);
    const { value } = await reader.read();
    await settle();
    expect(await file.seek(0, "current")).toBe(value?.length);
    await reader.cancel();
    expect(await file.seek(0, "current")).toBe(value?.length);
  });

  it("fills buffers of the reader", async () => {
    const reader = file.readable().getReader({ mode: "byob" });
    const { value } = await reader.read(new Uint8Array(10));
    expect(value).toEqual(pattern(10));
    await reader.cancel();
  });

  it("errors with what reading rejects with", async () => {
    const reader = file.readable().getReader();
    await reader.read();
    await file.close();
    await expect(reader.read()).rejects.toMatchObject({ code: "EBADF" });
  });

  it("of a version stays with that version while others are made, until it is no longer kept", async () => {
    await using version = await file.versionReader(await file.currVersion());
    const reader = version.readable().getReader();
    const first = await reader.read();
    await file.writeOnce("new");
    await file.writeOnce("newer");
    const second = await reader.read();
    const length = (first.value?.length ?? 0) + (second.value?.length ?? 0);
    expectSame(
      Buffer.concat([first.value ?? new Uint8Array(), second.value ?? new Uint8Array()]),
      pattern(SIZE).subarray(0, length),
    );
    await file.writeOnce("newest");
    await expect(reader.read()).rejects.toMatchObject({ code: "NO_VERSION" });
  });
});

describe("writable()", () => {
  it("makes one version of all that is piped into it, when it is closed", async () => {
    const before = await file.currVersion();
    const writer = file.writable().getWriter();
    await writer.write(new Uint8Array(300_000).fill(1));
    await writer.write("häß");
    expect(await file.currVersion()).toBe(before);
    expectSame(await repo.fs.readFile("/f"), pattern(SIZE));
    await writer.close();
    expect(await file.currVersion()).toBe(before + 1);
    expect(await file.seek(0, "current")).toBe(300_005);
    const written = await repo.fs.readFile("/f");
    expect(written.subarray(299_999, 300_005)).toEqual(
      Uint8Array.from([1, ...new TextEncoder().encode("häß")]),
    );
    expectSame(written.subarray(300_005), pattern(SIZE).subarray(300_005));
  });

  it("leaves no version and no part when it is aborted", async () => {
    const before = await file.currVersion();
    const writer = file.writable().getWriter();
    await writer.write("gone");
    await writer.abort(new Error("enough"));
    expect(await file.currVersion()).toBe(before);
    await expect(file.finish()).rejects.toMatchObject({ code: "EINVAL" });
    const again = file.writable().getWriter();
    await again.write("kept");
    await again.close();
    expect(await file.currVersion()).toBe(before + 1);
    expect(await repo.fs.readFile("/f", "utf8")).toMatch(/^kept/);
    expectSame((await repo.fs.readFile("/f")).subarray(4), pattern(SIZE).subarray(4));
  });

  it("leaves none when its source fails", async () => {
    const before = await file.currVersion();
    let pieces = 0;
    const failing = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pieces++ === 3) controller.error(new Error("the line is cut"));
        else controller.enqueue(new Uint8Array(1000));
      },
    });
    await expect(failing.pipeTo(file.writable())).rejects.toThrow("the line is cut");
    expect(await file.currVersion()).toBe(before);
    await expect(file.finish()).rejects.toMatchObject({ code: "EINVAL" });
  });

  it("leaves none when a part is refused, and tells its source why", async () => {
    const before = await file.currVersion();
    const writer = file.writable().getWriter();
    await writer.write("gone");
    await expect(writer.write(5 as never)).rejects.toThrow(TypeError);
    await expect(writer.closed).rejects.toThrow(TypeError);
    await expect(file.finish()).rejects.toMatchObject({ code: "EINVAL" });
    await using reading = await repo.openFile("/f");
    let cancelled: unknown;
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(10));
      },
      cancel: (reason) => {
        cancelled = reason;
      },
    });
    await expect(source.pipeTo(reading.writable())).rejects.toMatchObject({ code: "EBADF" });
    expect(cancelled).toMatchObject({ code: "EBADF" });
    expect(await file.currVersion()).toBe(before);
  });

  it("makes no version of nothing", async () => {
    const before = await file.currVersion();
    await file.writable().getWriter().close();
    expect(await file.currVersion()).toBe(before);
  });
});

describe("while the other side is slow,", () => {
  it("no piece is read that nobody has asked for", async () => {
    let reads = 0;
    const next = async (): Promise<Uint8Array<ArrayBuffer>> => {
      reads++;
      return new Uint8Array(1000);
    };
    const reader = readableOf(next).getReader();
    for (let asked = 0; asked < 5; asked++) {
      await settle();
      expect(reads).toBe(asked);
      await reader.read();
    }
  });

  it("one part is being written, and its source is not asked for more than the next", async () => {
    let [made, under, most] = [0, 0, 0];
    const waiting: (() => void)[] = [];
    const slow = writableOf({
      async write() {
        most = Math.max(most, ++under);
        await new Promise<void>((resolve) => waiting.push(resolve));
        under--;
        return 1;
      },
      finish: async () => undefined,
      discard: async () => undefined,
    });
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          if (made === 10) controller.close();
          else controller.enqueue(new Uint8Array([made++]));
        },
      },
      { highWaterMark: 0 },
    );
    const piped = source.pipeTo(slow);
    for (let part = 1; part <= 10; part++) {
      await expect.poll(() => waiting.length).toBe(1);
      await settle();
      expect(made - part).toBeLessThanOrEqual(1);
      waiting.shift()?.();
    }
    await piped;
    expect(most).toBe(1);
  });
});
