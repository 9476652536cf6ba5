/** repo.fs.watch, over a worker in this thread. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openRepo, type FileChange, type Repo } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";

const rawKey = new Uint8Array(32).fill(7);
const { factory: worker, made } = fakeWorkers();

let names = 0;
let repo: Repo;

beforeEach(async () => {
  repo = await openRepo(`mem://watch-${++names}`, { rawKey, worker, createNew: true });
});

afterEach(async () => {
  await repo.close().catch(() => undefined);
});

type Changes = AsyncIterator<FileChange<string | Uint8Array>>;

/** Begun, so that nothing is missed. */
function watch(...args: Parameters<Repo["fs"]["watch"]>): Changes {
  const [path, options] = args;
  const changes = repo.fs.watch(path, options)[Symbol.asyncIterator]() as Changes;
  const first = changes.next();
  let begun: typeof first | undefined = first;
  return {
    next: () => {
      const next = begun ?? changes.next();
      begun = undefined;
      return next;
    },
    return: () => changes.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
}

async function take(changes: Changes, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const next = await changes.next();
    if (next.done === true) break;
    const { eventType, filename } = next.value;
    taken.push(`${eventType} ${filename === null ? "?" : String(filename)}`);
  }
  return taken;
}

describe("repo.fs.watch", () => {
  it("yields changes in the order in which they were made, by names relative to the directory", async () => {
    await repo.fs.mkdir("/d/e", { recursive: true });
    const changes = watch("/d", { recursive: true });
    await repo.fs.writeFile("/d/f", "1");
    await repo.fs.writeFile("/d/e/g", "1");
    await repo.fs.appendFile("/d/f", "2");
    await repo.fs.rename("/d/f", "/d/e/f");
    await repo.fs.chmod("/d", 0o700);
    expect(await take(changes, 6)).toEqual([
      "rename f",
      "rename e/g",
      "change f",
      "rename f",
      "rename e/f",
      "change d",
    ]);
  });

  it("yields names as bytes or in another encoding", async () => {
    await repo.fs.mkdir("/d");
    const bytes = watch("/d", { encoding: "buffer" });
    const hex = watch("/d", { encoding: "hex" });
    await repo.fs.writeFile("/d/ä", "1");
    expect((await bytes.next()).value).toEqual({
      eventType: "rename",
      filename: new TextEncoder().encode("ä"),
    });
    expect(await take(hex, 1)).toEqual(["rename c3a4"]);
  });

  it("has told before a call resolves", async () => {
    const changes = watch("/");
    const seen: string[] = [];
    const reading = take(changes, 1).then((taken) => seen.push(...taken));
    await repo.fs.writeFile("/f", "x").then(() => seen.push("done"));
    await reading;
    expect(seen).toEqual(["rename f", "done"]);
  });

  it("keeps what nobody has asked for, and says so when it was too much", async () => {
    const changes = watch("/", { maxQueue: 3 });
    await repo.fs.writeFile("/first", "");
    await take(changes, 1);
    for (let i = 0; i < 3; i++) await repo.fs.writeFile(`/${i}`, "");
    expect(await take(changes, 3)).toEqual(["rename 0", "rename 1", "rename 2"]);
    for (let i = 0; i < 5; i++) await repo.fs.appendFile("/0", "x");
    expect(await take(changes, 2)).toEqual(["change ?", "change 0"]);
  });

  it("throws when it was too much, if it is told to", async () => {
    const changes = watch("/", { maxQueue: 2, overflow: "throw" });
    for (let i = 0; i < 4; i++) await repo.fs.writeFile(`/${i}`, "");
    await take(changes, 3);
    await expect(changes.next()).rejects.toMatchObject({ code: "ERR_FS_WATCH_QUEUE_OVERFLOW" });
  });

  it("ends with an AbortError that has the signal's reason, and stops listening", async () => {
    const stop = new AbortController();
    const changes = watch("/", { signal: stop.signal });
    const next = changes.next();
    const cause = new Error("enough");
    stop.abort(cause);
    await expect(next).rejects.toMatchObject({ name: "AbortError", code: "ABORT_ERR", cause });
    expect((await changes.next()).done).toBe(true);
  });

  it("is not told of anything any more when one leaves the loop", async () => {
    const loop = (async () => {
      for await (const { filename } of repo.fs.watch("/")) return filename;
      return "nothing";
    })();
    await repo.fs.writeFile("/f", "x");
    expect(await loop).toBe("f");
    await repo.fs.stat("/");
    const posted = made.get("engine")?.at(-1)?.posted ?? [];
    const before = posted.length;
    await repo.fs.writeFile("/g", "x");
    expect(posted.length - before, "one call").toBeLessThanOrEqual(1);
  });

  it("tells of a transaction when it is committed, and within it of what it does itself", async () => {
    const changes = watch("/", { recursive: true });
    const inside: (string | null)[] = [];
    await repo
      .transaction(async ({ fs }) => {
        const own = (async () => {
          for await (const { filename } of fs.watch("/")) inside.push(filename);
        })();
        own.catch(() => undefined);
        await fs.stat("/");
        await fs.writeFile("/a", "x");
        await repo.fs.mkdir("/b").catch(() => undefined);
        await fs.readFile("/a");
      })
      .catch(() => undefined);
    expect(inside).toEqual(["a"]);
    expect(await take(changes, 1)).toEqual(["rename b"]);
  });

  it("ends with the transaction", async () => {
    let ended: Promise<unknown> = Promise.resolve();
    await repo.transaction(async ({ fs }) => {
      const next = fs.watch("/")[Symbol.asyncIterator]().next();
      ended = expect(next).rejects.toMatchObject({ code: "TRANSACTION_ENDED" });
      await fs.stat("/");
    });
    await ended;
  });

  it("says that anything may have changed when a snapshot is restored", async () => {
    await repo.fs.writeFile("/f", "1");
    await repo.snapshot("s");
    const changes = watch("/");
    await repo.restore("s");
    expect(await take(changes, 1)).toEqual(["rename ?"]);
  });

  it("ends when the repo is locked, closed, or loses its worker", async () => {
    const endsWith = async (code: string): Promise<{ readonly end: Promise<void> }> => {
      const next = watch("/").next();
      return { end: expect(next).rejects.toMatchObject({ code }) };
    };
    const locked = await endsWith("REPO_LOCKED");
    await repo.lock();
    await locked.end;
    await repo.unlock({ rawKey });
    const closed = await endsWith("REPO_CLOSED");
    await repo.close();
    await closed.end;
    repo = await openRepo(`mem://watch-${++names}`, { rawKey, worker, createNew: true });
    const dead = await endsWith("WORKER_FAILED");
    made.get("engine")?.at(-1)?.crash("out of memory");
    await dead.end;
  });
});
