/** Taking a repo over (catalogue 33): the older owner is fenced at its store, and the container is as after a crash. */
import { describe, expect, it } from "vitest";
import { openRepo, type Repo, type RepoEvent } from "../../../src/index.js";
import { FencedStore } from "../../../src/worker/fenced-store.js";
import type { SlotAddress } from "../../../src/backends/block-store.js";
import { WorkerLocks } from "../../../src/worker/repo-lock.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { expectRejections } from "../../support/rejections.js";
import { Shelf } from "../../support/shelf.js";
import { isWaiting } from "../../support/turns.js";

const STALE = { code: "STALE_WRITER" };
const rawKey = new Uint8Array(32).fill(7);

describe("FencedStore", () => {
  it("lets nothing through once it is fenced, and lets its storage go", async () => {
    const disk = new MemoryDisk();
    const inner = disk.open("create");
    const store = new FencedStore(inner);
    store.setSlotBytes(4096);
    await store.resize(8);
    const run = { start: 0 as SlotAddress, bytes: new Uint8Array(4096).fill(1) };
    await store.write([run]);
    store.fence();
    store.fence();
    const before = disk.copy().container;
    await expectRejections(
      [
        store.write([{ ...run, bytes: new Uint8Array(4096).fill(2) }]),
        store.writeHeader(0, new Uint8Array(1).fill(3)),
        store.flush(),
        store.resize(0),
        store.readHeader(),
        store.read([{ start: 0 as SlotAddress, into: new Uint8Array(4096) }]),
      ],
      STALE,
    );
    await store.close();
    expect(disk.container).toEqual(before);
    await expect(inner.flush()).rejects.toMatchObject({ code: "REPO_CLOSED" });
  });

  it("tells the caller of a call that was under way that it is stale", async () => {
    const disk = new MemoryDisk();
    const store = new FencedStore(disk.open("create"));
    store.setSlotBytes(4096);
    await store.resize(8);
    disk.allow(0);
    const writing = store.flush();
    store.fence();
    await expect(writing).rejects.toMatchObject(STALE);
  });
});

describe("WorkerLocks", () => {
  it("are taken by force, and not given back by who has lost them", async () => {
    const locks = new WorkerLocks();
    const lost: string[] = [];
    const request = (name: string, force = false) =>
      ({ mode: "exclusive", force, onLost: () => lost.push(name) }) as const;
    const unlockOlder = await locks.lock("place", request("older"));
    const unlockNewer = await locks.lock("place", request("newer", true));
    expect(lost).toEqual(["older"]);
    unlockOlder();
    const third = locks.lock("place", request("third"));
    expect(await isWaiting(third)).toBe(true);
    unlockNewer();
    (await third)();
    expect(lost).toEqual(["older"]);
  });
});

describe("a repo that is taken away", () => {
  it("33: amid a commit, at every write of it, damages nothing and says so", async () => {
    for (let calls = 0; ; calls++) {
      const shelf = new Shelf();
      const made = await shelf.repo({ mode: "createNew" });
      await made.commit(3);
      await made.close();
      const taken = new AbortController();
      const owner = await shelf.repo({ taken: taken.signal });
      const { disk = expect.fail("there is a container") } = shelf;
      const write = owner.service.mkdir("/new").then(() => owner.service.sync());
      // After so many calls of the disk the lock is gone.
      const count = disk.count.bind(disk);
      let seen = 0;
      let atLoss = "";
      disk.count = () => {
        count();
        if (seen++ !== calls) return;
        atLoss = disk.digest;
        taken.abort();
      };
      const outcome = await write.then(
        () => "done",
        (error: unknown) => error,
      );
      disk.count = count;
      if (!taken.signal.aborted) {
        expect(calls).toBeGreaterThan(3);
        await owner.close();
        return;
      }
      if (outcome !== "done") expect(outcome).toMatchObject(STALE);
      await expectRejections(
        [owner.service.stat("/"), owner.service.mkdir("/later"), owner.service.sync()],
        STALE,
      );
      expect(disk.digest).toBe(atLoss);
      const next = await shelf.repo();
      expect(next.events).toEqual([]);
      expect(await next.service.check()).toMatchObject({ ok: true });
      await next.service.mkdir("/next");
      await next.close();
      await owner.close();
      const last = await shelf.repo();
      expect(await last.service.check()).toMatchObject({ ok: true });
      expect((await last.service.list("/", false)).names).toContain("next");
      await last.close();
    }
  });

  it("by force from the page: the older repo rejects everything, the newer goes on", async () => {
    const { factory: worker } = fakeWorkers();
    const events: RepoEvent[] = [];
    const open = (options: object): Promise<Repo> =>
      openRepo("mem://forced", { rawKey, worker, ...options });
    const older = await open({ create: true, onEvent: (event: RepoEvent) => events.push(event) });
    await older.fs.writeFile("/kept", "kept");
    await older.sync();
    const newer = await open({ force: true });
    expect(await newer.fs.readFile("/kept", "utf8")).toBe("kept");
    await expectRejections([older.fs.writeFile("/kept", "x"), older.fs.readFile("/kept")], STALE);
    expect(events).toMatchObject([{ type: "poisoned", cause: { code: "STALE_WRITER" } }]);
    await older.close();
    await newer.fs.writeFile("/kept", "newer");
    // The older one has given back a lock that was not its own any more.
    await newer.close();
    const last = await open({});
    expect(await last.fs.readFile("/kept", "utf8")).toBe("newer");
    await last.close();
  });

  it("force takes what nobody has", async () => {
    const { factory: worker } = fakeWorkers();
    const options = { rawKey, worker, force: true };
    const repo = await openRepo("mem://unforced", { ...options, create: true });
    await repo.close();
    await (await openRepo("mem://unforced", options)).close();
  });
});
