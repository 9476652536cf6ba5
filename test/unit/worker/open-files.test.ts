/** Handles with positions, over a file whose every call takes its time. */
import { describe, expect, it } from "vitest";
import type { FileHandle, Stats } from "../../../src/vfs/file-system.js";
import { OpenFile, OpenFiles } from "../../../src/worker/open-files.js";

/** Calls finish in the opposite order of their beginning, unless they wait for one another. */
class SlowFile implements FileHandle {
  content: Uint8Array;
  closed = false;
  /** So many calls fail. */
  failures = 0;
  readonly reads: number[] = [];
  #delayMs = 40;

  constructor(text: string) {
    this.content = new TextEncoder().encode(text);
  }

  get text(): string {
    return new TextDecoder().decode(this.content);
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    this.reads.push(into.length);
    await this.#wait();
    const part = this.content.subarray(at, at + into.length);
    into.set(part);
    return part.length;
  }

  async write(bytes: Uint8Array, at: number): Promise<number> {
    await this.#wait();
    const grown = new Uint8Array(Math.max(this.content.length, at + bytes.length));
    grown.set(this.content);
    grown.set(bytes, at);
    this.content = grown;
    return bytes.length;
  }

  async stat(): Promise<Stats> {
    const times = { atimeMs: 0, mtimeMs: 0, ctimeMs: 0, birthtimeMs: 0 };
    const size = this.content.length;
    return {
      ino: 2,
      type: "file",
      version: 1,
      mode: 0o644,
      nlink: 1,
      uid: 0,
      gid: 0,
      size,
      ...times,
    };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  async truncate(): Promise<void> {
    await this.#wait();
  }

  async setattr(): Promise<void> {
    await this.#wait();
  }

  async sync(): Promise<void> {
    await this.#wait();
  }

  async datasync(): Promise<void> {
    await this.#wait();
  }

  async #wait(): Promise<void> {
    this.#assertOpen();
    if (this.failures-- > 0) throw new Error("as asked");
    this.#delayMs = Math.max(0, this.#delayMs - 8);
    await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    this.#assertOpen();
  }

  #assertOpen(): void {
    if (this.closed) throw new Error("closed too early");
  }
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

describe("OpenFile", () => {
  it("gives calls without a place their turn, in their order", async () => {
    const slow = new SlowFile("abcdef");
    const file = new OpenFile(slow, false);
    const results = await Promise.all([
      file.read(2),
      file.write(new TextEncoder().encode("XY"), true),
      file.read(9),
      file.read(9),
    ]);
    const texts = results.map((result) => (typeof result === "number" ? result : textOf(result)));
    expect(texts).toEqual(["ab", 2, "ef", ""]);
    expect(slow.text).toBe("abXYef");
  });

  it("goes on after a call that failed", async () => {
    const slow = new SlowFile("abcdef");
    const file = new OpenFile(slow, false);
    slow.failures = 1;
    const failing = file.read(2).catch((error: unknown) => String(error));
    const next = file.read(2);
    expect([await failing, textOf(await next)]).toEqual(["Error: as asked", "ab"]);
  });

  it("closes when everything that was asked for is done", async () => {
    const slow = new SlowFile("abcdef");
    const file = new OpenFile(slow, false);
    const work = [
      file.read(2),
      file.read(2, 4),
      file.write(Uint8Array.of(1), true),
      file.write(Uint8Array.of(1), true, 9),
      file.use((handle) => handle.sync()),
    ];
    await file.close();
    expect(slow.closed).toBe(true);
    await Promise.all(work);
  });

  it("asks for the size before a large read, and allocates no more than that", async () => {
    const slow = new SlowFile("abc");
    const file = new OpenFile(slow, false);
    expect(textOf(await file.read(2 ** 31, 1))).toBe("bc");
    expect(textOf(await file.read(2 ** 31, 7))).toBe("");
    expect(slow.reads).toEqual([2, 0]);
  });
});

describe("OpenFiles", () => {
  it("knows its files by numbers that are used once", async () => {
    const files = new OpenFiles();
    const first = files.add(new OpenFile(new SlowFile(""), false));
    await files.close(first);
    const second = files.add(new OpenFile(new SlowFile(""), false));
    expect(second).not.toBe(first);
    expect(() => files.get(first, "read")).toThrow("EBADF: bad file descriptor, read");
    expect(() => files.close(first)).toThrow("EBADF: bad file descriptor, close");
  });
});
