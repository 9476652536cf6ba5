import { describe, expect, test } from "vitest";
import { acquireHandle, OpfsFile } from "../../../../src/backends/opfs/opfs-file.js";

/** An access handle on an array, that moves at most `most` bytes a call and can be told to fail. */
class FakeHandle {
  bytes = new Uint8Array(0);
  calls = 0;
  most = Infinity;
  failure: Error | undefined;

  read(into: Uint8Array, { at }: { at: number }): number {
    this.#enter();
    const part = this.bytes.subarray(at, at + Math.min(into.length, this.most));
    into.set(part);
    return part.length;
  }

  write(from: Uint8Array, { at }: { at: number }): number {
    this.#enter();
    const part = from.subarray(0, Math.min(from.length, this.most));
    if (at + part.length > this.bytes.length) this.truncate(at + part.length);
    this.bytes.set(part, at);
    return part.length;
  }

  truncate(size: number): void {
    this.#enter();
    const grown = new Uint8Array(size);
    grown.set(this.bytes.subarray(0, size));
    this.bytes = grown;
  }

  getSize(): number {
    return this.bytes.length;
  }

  flush(): void {
    this.#enter();
  }

  close(): void {
    this.#enter();
  }

  #enter(): void {
    this.calls += 1;
    if (this.failure !== undefined) throw this.failure;
  }
}

function openFake(): [OpfsFile, FakeHandle] {
  const handle = new FakeHandle();
  return [new OpfsFile(handle), handle];
}

const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

describe("OpfsFile", () => {
  test("goes on after short writes and short reads", () => {
    const [file, handle] = openFake();
    handle.most = 300;
    file.write(50, bytes);
    expect(handle.bytes.subarray(50)).toEqual(bytes);
    const into = new Uint8Array(1000);
    file.read(50, into);
    expect(into).toEqual(bytes);
  });

  test("a write that moves nothing is BACKEND_IO and not an endless loop", () => {
    const [file, handle] = openFake();
    handle.most = 0;
    expect(() => {
      file.write(0, bytes);
    }).toThrow(expect.objectContaining({ code: "BACKEND_IO" }) as Error);
  });

  test("a read that ends early is INTEGRITY", () => {
    const [file] = openFake();
    file.write(0, bytes);
    const into = new Uint8Array(1001);
    expect(() => {
      file.read(0, into);
    }).toThrow(expect.objectContaining({ code: "INTEGRITY" }) as Error);
    expect(file.readUpTo(900, into)).toBe(100);
  });

  test("knows its size without asking", () => {
    const [file] = openFake();
    file.write(10, bytes);
    expect(file.sizeBytes).toBe(1010);
    file.write(0, bytes);
    expect(file.sizeBytes).toBe(1010);
    file.truncate(5);
    expect(file.sizeBytes).toBe(5);
  });

  test.each([
    ["QuotaExceededError", "ENOSPC"],
    ["SecurityError", "BACKEND_UNAVAILABLE"],
    ["InvalidStateError", "BACKEND_IO"],
    ["UnknownError", "BACKEND_IO"],
  ])("%s of any call is %s with its cause", (name, code) => {
    const [file, handle] = openFake();
    const cause = new DOMException("told to", name);
    handle.failure = cause;
    const calls = [
      () => {
        file.write(0, bytes);
      },
      () => {
        file.read(0, new Uint8Array(1));
      },
      () => {
        file.truncate(1);
      },
      () => {
        file.flush();
      },
      () => {
        file.close();
      },
    ];
    for (const call of calls)
      expect(call).toThrow(expect.objectContaining({ code, cause }) as Error);
    expect(file.sizeBytes).toBe(0);
  });
});

describe("acquireHandle", () => {
  function fakeFile(error: Error): FileSystemFileHandle {
    const create = (): Promise<never> => Promise.reject(error);
    return { createSyncAccessHandle: create } as unknown as FileSystemFileHandle;
  }

  test("gives nothing while the file is in use", async () => {
    const busy = new DOMException("in use", "NoModificationAllowedError");
    expect(await acquireHandle(fakeFile(busy), "readwrite")).toBeUndefined();
  });

  test("rejects with every other failure", async () => {
    const gone = new DOMException("gone", "NotFoundError");
    await expect(acquireHandle(fakeFile(gone), "readwrite")).rejects.toBe(gone);
  });
});
