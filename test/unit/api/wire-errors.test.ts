/** Errors cross from worker to page whole: class, code, errno, syscall, path, dest and causes. */
import { wrap } from "comlink";
import { describe, expect, it } from "vitest";
import { Channel } from "../../../src/api/channel.js";
import { receiveWholeErrors } from "../../../src/api/wire-errors.js";
import { AssertionFailed } from "../../../src/assert.js";
import { RepoError, type RepoErrorCode } from "../../../src/errors.js";
import { FakeWorker } from "../../support/fake-worker.js";

/** All of them: leaving one out does not compile. */
const CODES: Record<RepoErrorCode, true> = {
  ENOENT: true,
  EBADF: true,
  EACCES: true,
  EBUSY: true,
  EEXIST: true,
  EXDEV: true,
  ENOTDIR: true,
  EISDIR: true,
  EINVAL: true,
  EMFILE: true,
  EFBIG: true,
  ENOSPC: true,
  EROFS: true,
  EPERM: true,
  EMLINK: true,
  ENAMETOOLONG: true,
  ENOTEMPTY: true,
  ELOOP: true,
  ENOTSUP: true,
  ESTALE: true,
  EDQUOT: true,
  ERR_FS_CP_DIR_TO_NON_DIR: true,
  ERR_FS_CP_EEXIST: true,
  ERR_FS_CP_EINVAL: true,
  ERR_FS_CP_NON_DIR_TO_DIR: true,
  ERR_FS_CP_SYMLINK_TO_SUBDIRECTORY: true,
  ERR_FS_EISDIR: true,
  REPO_NOT_FOUND: true,
  REPO_EXISTS: true,
  REPO_BUSY: true,
  REPO_CLOSED: true,
  REPO_LOCKED: true,
  REPO_POISONED: true,
  REPO_MISSING: true,
  FORMAT_UNSUPPORTED: true,
  NO_VERSION: true,
  TRANSACTION_CONFLICT: true,
  TRANSACTION_ENDED: true,
  UNLOCK_FAILED: true,
  PASSKEY_CANCELLED: true,
  PASSKEY_UNSUPPORTED: true,
  KDF_LIMIT: true,
  KDF_TOO_WEAK: true,
  INTEGRITY: true,
  ROLLBACK: true,
  STALE_WRITER: true,
  BACKEND_UNAVAILABLE: true,
  BACKEND_IO: true,
  WORKER_FAILED: true,
  ARCHIVE_DAMAGED: true,
  ARCHIVE_UNSUPPORTED: true,
  ENTRY_REFUSED: true,
};

/** What the page gets of what the worker throws. */
async function thrownAcross(thrown: unknown): Promise<unknown> {
  const service = {
    async fail(): Promise<void> {
      throw thrown;
    },
  };
  receiveWholeErrors();
  const worker = new FakeWorker(service);
  const remote = wrap<typeof service>(new Channel(worker, () => undefined));
  try {
    await remote.fail();
  } catch (error) {
    return error;
  } finally {
    worker.terminate();
  }
  throw new Error("nothing arrived");
}

function asObject(value: unknown): object {
  if (typeof value !== "object" || value === null) throw new Error("no object arrived");
  return value;
}

function causesOf(error: unknown): unknown[] {
  return error instanceof Error && error.cause !== undefined
    ? [error.cause, ...causesOf(error.cause)]
    : [];
}

function isRepoErrorCode(code: string): code is RepoErrorCode {
  return code in CODES;
}

describe("errors across the boundary", () => {
  it.each(Object.keys(CODES).filter(isRepoErrorCode))("%s arrives whole", async (code) => {
    const inner = new RepoError("BACKEND_IO", { cause: new RangeError("deep") });
    const sent = new RepoError(code, { syscall: "rename", path: "/a", dest: "/b", cause: inner });
    const got = await thrownAcross(sent);
    expect(got).toBeInstanceOf(RepoError);
    expect(got).not.toBe(sent);
    expect(Object.entries({ ...asObject(got) })).toEqual(Object.entries(sent));
    expect(Object.keys(sent)).toEqual(expect.arrayContaining(["code", "syscall", "path", "dest"]));
    expect(got).toHaveProperty("message", sent.message);
    expect(got).toHaveProperty("stack", sent.stack);
    const [first, second] = causesOf(got);
    expect(first).toBeInstanceOf(RepoError);
    expect(first).toMatchObject({ code: "BACKEND_IO", message: inner.message });
    expect(second).toBeInstanceOf(RangeError);
  });

  it("a RepoError without details has none", async () => {
    const got = await thrownAcross(new RepoError("EROFS"));
    for (const field of ["syscall", "path", "dest", "cause"]) expect(got).not.toHaveProperty(field);
  });

  it("a message of its own survives", async () => {
    const got = await thrownAcross(new RepoError("INTEGRITY", { message: "the cell is torn" }));
    expect(got).toHaveProperty("message", "INTEGRITY: the cell is torn");
  });

  it("an AbortError stays a DOMException, also as a cause", async () => {
    const abort = new DOMException("given up", "AbortError");
    const got = await thrownAcross(abort);
    expect(got).toBeInstanceOf(DOMException);
    expect(got).toMatchObject({ name: "AbortError", message: "given up" });
    const wrapped = await thrownAcross(new Error("outer", { cause: abort }));
    expect(causesOf(wrapped)[0]).toBeInstanceOf(DOMException);
  });

  it.each([TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError])(
    "%o keeps its class and its causes",
    async (type) => {
      const got = await thrownAcross(new type("text", { cause: new RepoError("ENOSPC") }));
      expect(Object.getPrototypeOf(got)).toBe(type.prototype);
      expect(got).toHaveProperty("message", "text");
      expect(causesOf(got)[0]).toMatchObject({ code: "ENOSPC" });
      expect(Object.keys({ ...asObject(got) })).toEqual([]);
    },
  );

  it("a broken invariant stays one", async () => {
    expect(await thrownAcross(new AssertionFailed("BUG: x"))).toBeInstanceOf(AssertionFailed);
  });

  it("an error of an unknown class keeps its name", async () => {
    class Odd extends Error {
      override readonly name = "Odd";
    }
    const got = await thrownAcross(new Odd("strange"));
    expect(got).toMatchObject({ name: "Odd", message: "strange" });
  });

  it("what is no error arrives as a value", async () => {
    expect(await thrownAcross("text")).toBe("text");
    expect(await thrownAcross(undefined)).toBeUndefined();
    expect(await thrownAcross(() => 1)).toBe("() => 1");
  });

  it("a circle of causes comes to an end", async () => {
    const error = new Error("circle");
    error.cause = error;
    const causes = causesOf(await thrownAcross(error));
    expect(causes[0]).toHaveProperty("message", "circle");
    expect(causes.length).toBeLessThan(20);
  });
});
