/** exportRepo, importRepo and repo.export() on the page, over workers in this thread; repos in memory. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  exportRepo,
  importRepo,
  openRepo,
  repoExists,
  type Repo,
  type TransferProgress,
} from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";

const rawKey = new Uint8Array(32).fill(7);
const { factory: worker, made } = fakeWorkers();

let names = 0;
let uri: string;
const repos: Repo[] = [];

beforeEach(async () => {
  uri = `mem://transfer-${++names}`;
  const repo = await openRepo(uri, { rawKey, worker, create: true });
  await repo.fs.writeFile("/f", "kept");
  await repo.fs.writeFile("/large", new Uint8Array(3_000_000).fill(3));
  await repo.close();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.allSettled(repos.splice(0).map((repo) => repo.close()));
});

async function open(at = uri): Promise<Repo> {
  const repo = await openRepo(at, { rawKey, worker });
  repos.push(repo);
  return repo;
}

async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function streamOf(bytes: Uint8Array, pieceBytes = 300_000): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.slice(at, (at += pieceBytes)));
      },
    },
    { highWaterMark: 0 },
  );
}

/** Lets everything run that was set off. */
async function tasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Calls of that name that the page has sent, over all workers. */
function calls(name: string): number {
  const posted = [...made.values()].flat().flatMap((one) => one.posted);
  return posted.filter((message) => JSON.stringify(message).includes(`"${name}"`)).length;
}

describe("export and import", () => {
  it("make a repo of the same content under another name, which only the credential opens", async () => {
    const copy = `${uri}-copy`;
    await importRepo(copy, exportRepo(uri, { worker }), { worker });
    const repo = await open(copy);
    expect(await repo.fs.readFile("/f", "utf8")).toBe("kept");
    expect((await repo.fs.readFile("/large")).length).toBe(3_000_000);
    await repo.close();
    const refused = openRepo(copy, { rawKey: new Uint8Array(32), worker });
    await expect(refused).rejects.toMatchObject({ code: "UNLOCK_FAILED" });
  });

  it("tell how far they have come", async () => {
    const told: TransferProgress[] = [];
    const bytes = await bytesOf(exportRepo(uri, { worker, onProgress: (p) => told.push(p) }));
    expect(told.at(-1)).toEqual({ bytes: bytes.length, totalBytes: bytes.length });
    expect(told.map((p) => p.bytes)).toEqual(told.map((p) => p.bytes).toSorted((a, b) => a - b));
    told.length = 0;
    const onProgress = (p: TransferProgress): number => told.push(p);
    await importRepo(`${uri}-copy`, streamOf(bytes), { worker, onProgress });
    expect(told.at(-1)).toEqual({ bytes: bytes.length, totalBytes: undefined });
    expect(told.length).toBeGreaterThan(5);
  });

  it("refuse arguments that make no sense", async () => {
    // @ts-expect-error A URI is text.
    expect(() => exportRepo(7)).toThrow(TypeError);
    // @ts-expect-error A URI is text.
    await expect(importRepo(7, streamOf(new Uint8Array(1)), { worker })).rejects.toThrow(TypeError);
    const text = new ReadableStream<never>({
      start(controller) {
        controller.enqueue("text" as never);
      },
    });
    await expect(importRepo(`${uri}-x`, text, { worker })).rejects.toThrow(TypeError);
    const reader = exportRepo("ftp://x", { worker }).getReader();
    await expect(reader.read()).rejects.toMatchObject({ code: "EINVAL" });
  });
});

describe("an export", () => {
  it("asks for a piece only when it is read, and takes the repo only then", async () => {
    const before = calls("nextExport");
    const stream = exportRepo(uri, { worker });
    await tasks();
    await (await open()).close();
    const reader = stream.getReader();
    await reader.read();
    await reader.read();
    await tasks();
    expect(calls("nextExport")).toBe(before + 2);
    await reader.cancel();
    await (await open()).close();
  });

  it("of a repo that is open for writing is REPO_BUSY, and that of a missing one REPO_NOT_FOUND", async () => {
    await open();
    const busy = exportRepo(uri, { worker }).getReader();
    await expect(busy.read()).rejects.toMatchObject({ code: "REPO_BUSY" });
    const missing = exportRepo(`${uri}-none`, { worker }).getReader();
    await expect(missing.read()).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
  }, 20_000);

  it.each(["before it begins", "between two reads", "during a read"])(
    "that is aborted %s fails with the signal's reason and lets the repo go",
    async (when) => {
      const abort = new AbortController();
      const reason = new Error("enough");
      const reader = exportRepo(uri, { worker, signal: abort.signal }).getReader();
      if (when === "before it begins") abort.abort(reason);
      else await reader.read();
      const reading = when === "during a read" ? reader.read() : undefined;
      abort.abort(reason);
      await expect(reading ?? reader.read()).rejects.toBe(reason);
      await (await open()).close();
    },
  );

  it("fails when its worker dies", async () => {
    const reader = exportRepo(uri, { worker }).getReader();
    await reader.read();
    made.get("engine")?.at(-1)?.crash("told to");
    await expect(reader.read()).rejects.toMatchObject({ code: "WORKER_FAILED" });
  });
});

describe("an export of an open repo", () => {
  it("is the repo as it is, with what was not committed yet; the repo stays in use", async () => {
    const repo = await open();
    await repo.fs.writeFile("/late", "late");
    const reader = repo.export().getReader();
    const pieces: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      await repo.fs.writeFile("/late", "later");
      await repo.sync();
    }
    const copy = `${uri}-copy`;
    await importRepo(copy, streamOf(new Uint8Array(Buffer.concat(pieces))), { worker });
    expect(await (await open(copy)).fs.readFile("/late", "utf8")).toBe("late");
    expect(await repo.fs.readFile("/late", "utf8")).toBe("later");
  });

  it("of a read-only one too, and it ends with the repo", async () => {
    const repo = await openRepo(uri, { rawKey, worker, readOnly: true });
    const reader = repo.export().getReader();
    await reader.read();
    await repo.close();
    await expect(reader.read()).rejects.toMatchObject({ code: "REPO_CLOSED" });
  });
});

describe("an import", () => {
  let bytes: Uint8Array;
  let target: string;

  beforeEach(async () => {
    bytes = await bytesOf(exportRepo(uri, { worker }));
    target = `${uri}-target`;
  });

  it("reads on only when the piece before it was taken", async () => {
    let taken = 0;
    let given = 0;
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          expect(given - taken).toBeLessThanOrEqual(1);
          if (given * 300_000 >= bytes.length) controller.close();
          else controller.enqueue(bytes.slice(given * 300_000, ++given * 300_000));
        },
      },
      { highWaterMark: 0 },
    );
    const onProgress = (): void => {
      taken++;
    };
    await importRepo(target, source, { worker, onProgress });
    expect(taken).toBe(given);
  });

  it("that is aborted leaves nothing, and the source is told", async () => {
    const abandoned = calls("abandonImport");
    const abort = new AbortController();
    const reason = new Error("enough");
    const cancelled = vi.fn();
    const source = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, 2_000_000));
      },
      cancel: cancelled,
    });
    const onProgress = (): void => {
      abort.abort(reason);
    };
    const attempt = importRepo(target, source, { worker, signal: abort.signal, onProgress });
    await expect(attempt).rejects.toBe(reason);
    expect(cancelled).toHaveBeenCalledWith(reason);
    // What that leaves is for the stores to show; here the whole storage ends with the worker.
    expect(calls("abandonImport")).toBe(abandoned + 1);
    expect(await repoExists(target, { worker })).toBe(false);
    await importRepo(target, streamOf(bytes), { worker });
  });

  it("fails with what its stream fails with, and leaves nothing", async () => {
    const reason = new Error("the network is gone");
    let pulls = 0;
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (pulls++ < 2) controller.enqueue(bytes.slice(0, 1_000_000));
        else controller.error(reason);
      },
    });
    await expect(importRepo(target, source, { worker })).rejects.toBe(reason);
    expect(await repoExists(target, { worker })).toBe(false);
  });

  it("cancels the stream where a repo exists, and replaces it only if asked", async () => {
    const cancelled = vi.fn();
    const source = new ReadableStream<Uint8Array>({ cancel: cancelled });
    const attempt = importRepo(uri, source, { worker });
    await expect(attempt).rejects.toMatchObject({ code: "REPO_EXISTS" });
    expect(cancelled).toHaveBeenCalled();
    await importRepo(uri, streamOf(bytes), { worker, overwrite: true });
    expect(await (await open()).fs.readFile("/f", "utf8")).toBe("kept");
  });

  it("refuses more than is allowed", async () => {
    const attempt = importRepo(target, streamOf(bytes), { worker, maxBytes: 400_000 });
    await expect(attempt).rejects.toMatchObject({ code: "EFBIG" });
    expect(await repoExists(target, { worker })).toBe(false);
  });
});
