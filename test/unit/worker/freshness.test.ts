/**
 * Whole rollback and what notices it: anchors, expected ids and marks, on containers that a test puts back. Catalogue
 * numbers in the names.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { editKeySlots } from "../../../src/crypto/edit-header.js";
import { HEADER_COPY_OFFSETS, parseHeader } from "../../../src/crypto/header.js";
import { storeHeader } from "../../../src/worker/store-header.js";
import type { Anchor } from "../../../src/worker/protocol.js";
import type { MemoryMarks } from "../../support/shelf.js";
import { Shelf, type ShelfRequest } from "../../support/shelf.js";

const ROLLBACK = { code: "ROLLBACK" };
const MISSING = { code: "REPO_MISSING" };

let shelf: Shelf;

/** A closed repo, as it is after so many commits. */
async function closedRepo(at: Shelf, commits = 10): Promise<void> {
  const repo = await at.repo({ mode: "createNew" });
  await repo.commit(commits);
  await repo.close();
}

/** Opens, commits so often, takes an anchor and closes; its newest commit is the anchor's, and the close settles. */
async function goOn(at: Shelf, commits: number, request: ShelfRequest = {}): Promise<Anchor> {
  const repo = await at.repo(request);
  await repo.commit(commits);
  const anchor = await repo.anchor();
  await repo.close();
  return anchor;
}

async function opensWith(at: Shelf, request: ShelfRequest): Promise<readonly { type: string }[]> {
  const repo = await at.repo(request);
  await repo.close();
  return repo.events;
}

function marksOf({ marks }: Shelf): MemoryMarks {
  return marks ?? expect.fail("this shelf has marks");
}

beforeEach(() => {
  shelf = new Shelf();
});

describe("an anchor", () => {
  beforeEach(() => {
    shelf = new Shelf("opfs://shelf", "unmarked");
  });

  it("8: refuses an older container before anything is written", async () => {
    await closedRepo(shelf);
    const old = shelf.copy();
    const anchor = await goOn(shelf, 1);
    shelf.disk = old;
    const before = old.digest;
    await expect(shelf.repo({ anchor })).rejects.toMatchObject(ROLLBACK);
    expect(old.digest).toBe(before);
  });

  it("lets the very state in, and any that descends from it, and survives JSON", async () => {
    await closedRepo(shelf);
    const repo = await shelf.repo();
    await repo.commit();
    const anchor = JSON.parse(JSON.stringify(await repo.anchor())) as Anchor;
    shelf.disk = shelf.copy();
    for (const commits of [0, 1, 1, 1, 1, 1, 20])
      expect(await goOn(shelf, commits, { anchor })).toMatchObject({
        containerId: anchor.containerId,
      });
    await opensWith(shelf, { anchor, readOnly: true });
  });

  it("is of the newest commit, which it makes durable", async () => {
    await closedRepo(shelf);
    const repo = await shelf.repo();
    await repo.service.setattr("/", { mode: 0o640 }, true);
    const anchor = await repo.anchor();
    shelf.disk = shelf.copy();
    const crashed = await shelf.repo({ anchor });
    expect((await crashed.service.stat("/")).mode & 0o777).toBe(0o640);
    expect((await crashed.service.stats()).generation).toBe(anchor.generation);
  });

  it("tells two forks of equal generation apart, and both go on", async () => {
    await closedRepo(shelf);
    const fork = new Shelf("opfs://fork", "unmarked");
    fork.disk = shelf.copy();
    const [here, there] = [await goOn(shelf, 5), await goOn(fork, 5)];
    expect(here.generation).toBe(there.generation);
    expect(here.tag).not.toBe(there.tag);
    await expect(shelf.repo({ anchor: there })).rejects.toMatchObject(ROLLBACK);
    await expect(fork.repo({ anchor: here })).rejects.toMatchObject(ROLLBACK);
    await goOn(shelf, 3, { anchor: here });
    await goOn(fork, 3, { anchor: there });
  });

  it("tells a fork for as long as the ring reaches back to it, and then no more", async () => {
    await closedRepo(shelf);
    const fork = shelf.copy();
    const crashed = await shelf.repo();
    await crashed.commit();
    const anchor = await crashed.anchor();
    const refusals: boolean[] = [];
    for (let commits = 1; commits <= 7; commits++) {
      const other = new Shelf("opfs://other", "unmarked");
      other.disk = fork.copy();
      const repo = await other.repo();
      await repo.commit(commits);
      other.disk = other.copy();
      refusals.push(
        await other.repo({ anchor }).then(
          () => false,
          () => true,
        ),
      );
    }
    // At the anchor's generation, and with four more commits on top of it.
    expect(refusals).toEqual([true, true, true, true, true, false, false]);
  });

  it("refuses a state that has passed its commit over", async () => {
    await closedRepo(shelf);
    const repo = await shelf.repo();
    await repo.commit(2);
    const anchor = await repo.anchor();
    // The newest commit loses a slot: opening falls back, and the next commit gets a number above it.
    const newest = shelf.copy();
    const { manifestSlot } = await loseNewest(shelf);
    expect(manifestSlot).toBeGreaterThanOrEqual(0);
    const after = await goOn(shelf, 1, { acceptRollback: "the disk is old" });
    expect(after.generation).toBeGreaterThan(anchor.generation);
    await expect(shelf.repo({ anchor })).rejects.toMatchObject(ROLLBACK);
    shelf.disk = newest;
    await opensWith(shelf, { anchor });
  });

  it("32: nothing there is REPO_MISSING, also with create, and nothing is made", async () => {
    await closedRepo(shelf);
    const anchor = await goOn(shelf, 1);
    await shelf.destroy();
    for (const request of [{ anchor }, { expect: anchor.containerId }] as const)
      for (const mode of ["open", "create"] as const)
        await expect(shelf.repo({ mode, ...request })).rejects.toMatchObject(MISSING);
    expect(shelf.disk).toBeUndefined();
    await expect(shelf.repo()).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
  });

  it("another repo in its place is REPO_MISSING, whatever opens it", async () => {
    await closedRepo(shelf);
    const anchor = await goOn(shelf, 1);
    await shelf.destroy();
    await closedRepo(shelf);
    const { containerId } = anchor;
    const wrongKey = { credential: { rawKey: new Uint8Array(32) } };
    for (const request of [
      { anchor },
      { expect: containerId },
      { expect: containerId, ...wrongKey },
    ])
      await expect(shelf.repo(request)).rejects.toMatchObject(MISSING);
    const own = await goOn(shelf, 1);
    await opensWith(shelf, { expect: own.containerId, anchor: own });
  });

  it("is refused if it was changed", async () => {
    await closedRepo(shelf, 20);
    const anchor = await goOn(shelf, 1);
    const lower = { ...anchor, generation: 3 };
    const changed = [0, 8, 30, 60, 118].map((at) => {
      const digit = anchor.tag[at] === "0" ? "1" : "0";
      return { ...anchor, tag: anchor.tag.slice(0, at) + digit + anchor.tag.slice(at + 1) };
    });
    for (const forged of [lower, ...changed])
      await expect(shelf.repo({ anchor: forged })).rejects.toMatchObject(ROLLBACK);
    await opensWith(shelf, { anchor });
  });

  it("refuses an older header, whose credential was dropped since", async () => {
    await closedRepo(shelf);
    const header = shelf.copy().container.header;
    const current = { rawKey: new Uint8Array(32).fill(9) };
    const next = { rawKey: new Uint8Array(32).fill(5) };
    const store = await shelf.open("shelf", "open");
    const [candidate] = await parseHeader(await store.readHeader(), crypto.subtle);
    if (candidate === undefined) throw new Error("there is a header");
    const edit = (opened: number) => ({ remove: [opened], add: [next] });
    const derive = () => Promise.reject(new Error("no password is used here"));
    const { bytes } = await editKeySlots(candidate, current, edit, { derive });
    await storeHeader(store, bytes);
    await store.close();
    // Read-only: no commit pins the new header.
    const reader = await shelf.repo({ credential: next, readOnly: true });
    const anchor = await reader.anchor();
    await reader.close();
    for (const at of HEADER_COPY_OFFSETS)
      shelf.disk?.container.header.set(header.subarray(at, at + 8192), at);
    await opensWith(shelf, { readOnly: true });
    await expect(shelf.repo({ anchor, readOnly: true })).rejects.toMatchObject(ROLLBACK);
  });

  it("8: anchor and mark hold across a change of the master key, in both directions", async () => {
    await closedRepo(shelf);
    const before = await goOn(shelf, 3);
    const old = shelf.copy();
    const repo = await shelf.repo({ anchor: before });
    const credential = { rawKey: new Uint8Array(32).fill(9) };
    const { service } = repo;
    const rotation = { type: "rotate", current: credential, credentials: [credential] } as const;
    await service.changeKeys({ ...rotation, number: 1 });
    await repo.commit(5);
    const after = await repo.anchor();
    await repo.close();
    // The old one is of a key that is gone by now, the mark of the new one.
    expect(await opensWith(shelf, { anchor: before })).toEqual([]);
    expect(await opensWith(shelf, { anchor: after })).toEqual([]);
    shelf.disk = old;
    await expect(shelf.repo({ anchor: after })).rejects.toMatchObject(ROLLBACK);
  });

  it("acceptRollback goes on, and the reason comes back", async () => {
    await closedRepo(shelf);
    const old = shelf.copy();
    const anchor = await goOn(shelf, 3);
    shelf.disk = old;
    const repo = await shelf.repo({ anchor, acceptRollback: "restored from tape" });
    expect(repo.events).toEqual([
      {
        type: "rollback",
        generation: expect.any(Number) as number,
        known: anchor.generation,
        accepted: "restored from tape",
      },
    ]);
    await repo.commit();
    await repo.close();
  });
});

/** Destroys a slot that the newest commit wrote. */
async function loseNewest(at: Shelf): Promise<{ manifestSlot: number }> {
  const before = at.copy();
  const slots = before.container.slots;
  for (let slot = slots.length - 1; slot >= 0; slot--) {
    const bytes = slots[slot];
    if (bytes === undefined) continue;
    at.disk = before.copy();
    at.disk.container.slots[slot] = bytes.map((byte) => byte ^ 1);
    const probe = new Shelf("opfs://probe", "unmarked");
    probe.disk = at.copy();
    const repo = await probe.repo({ readOnly: true }).catch(() => undefined);
    const lost = repo?.events.some(({ type }) => type === "recovered") === true;
    await repo?.close();
    if (lost) return { manifestSlot: slot };
  }
  return { manifestSlot: -1 };
}

describe("the mark", () => {
  it("8: a container put back is ROLLBACK before anything is written, without an anchor", async () => {
    await closedRepo(shelf);
    const old = shelf.copy();
    await goOn(shelf, 10);
    shelf.disk = old;
    const before = old.digest;
    for (const request of [{}, { readOnly: true }, { mode: "create" as const }])
      await expect(shelf.repo(request)).rejects.toMatchObject(ROLLBACK);
    expect(old.digest).toBe(before);
  });

  it("25: up to three missing commits are an event, and the next opening is without", async () => {
    for (const missing of [1, 2, 3, 4]) {
      const at = new Shelf();
      await closedRepo(at);
      const repo = await at.repo();
      await repo.commit(1);
      const old = at.copy();
      await repo.commit(missing - 1);
      await repo.close(); // One more, which settles.
      at.disk = old;
      if (missing === 4) {
        await expect(at.repo()).rejects.toMatchObject(ROLLBACK);
        continue;
      }
      const weak = await at.repo();
      const { generation } = await weak.service.stats();
      expect(weak.events).toEqual([{ type: "rollback", generation, known: generation + missing }]);
      // The mark is that of the state that was taken, before anything is committed on it.
      at.disk = at.copy();
      expect(await opensWith(at, {})).toEqual([]);
    }
  });

  it("acceptRollback begins anew: the reason once, then silence", async () => {
    await closedRepo(shelf);
    const old = shelf.copy();
    await goOn(shelf, 10);
    shelf.disk = old;
    const accepted = await shelf.repo({ acceptRollback: "my backup" });
    expect(accepted.events).toMatchObject([{ type: "rollback", accepted: "my backup" }]);
    shelf.disk = shelf.copy();
    expect(await opensWith(shelf, {})).toEqual([]);
    expect(await opensWith(shelf, { acceptRollback: "not needed" })).toEqual([]);
  });

  it("is advanced by closing, however soon after the last commit", async () => {
    await closedRepo(shelf);
    const repo = await shelf.repo();
    await repo.commit(3);
    await repo.commit(3);
    const old = shelf.copy();
    await repo.commit(5);
    await repo.close();
    shelf.disk = old;
    await expect(shelf.repo()).rejects.toMatchObject(ROLLBACK);
  });

  it("that is missing is a first opening", async () => {
    await closedRepo(shelf);
    shelf.marks?.records.clear();
    expect(await opensWith(shelf, {})).toEqual([]);
    expect(shelf.marks?.records.size).toBe(1);
  });

  it("that is forged or damaged is an event, no refusal, and is replaced", async () => {
    await closedRepo(shelf);
    const { records } = marksOf(shelf);
    const [[key, genuine] = expect.fail("there is a mark")] = [...records];
    const high = genuine.slice();
    high.set([0xff, 0xff, 0xff, 0xff, 0xff], 0);
    const forgeries = [
      high,
      genuine.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
      genuine.map((byte, i) => (i === 8 ? byte ^ 2 : byte)), // another key generation
      new Uint8Array(68).fill(255),
      new Uint8Array(68),
      genuine.slice(0, 40),
      new Uint8Array(3),
      new Uint8Array(100_000),
    ];
    for (const forged of forgeries) {
      records.set(key, forged);
      expect(await opensWith(shelf, { readOnly: true })).toEqual([{ type: "foreign-mark" }]);
      expect(records.get(key)).toBe(forged);
      expect(await opensWith(shelf, {})).toEqual([{ type: "foreign-mark" }]);
      expect(await opensWith(shelf, {})).toEqual([]);
    }
  });

  it("of another address does not count, so that clones go on", async () => {
    await closedRepo(shelf);
    const clone = new Shelf("opfs://clone", marksOf(shelf));
    clone.disk = shelf.copy();
    await goOn(shelf, 20);
    expect(await opensWith(clone, {})).toEqual([]);
    await goOn(clone, 2);
    expect(await opensWith(shelf, {})).toEqual([]);
    // Nor if somebody puts it into the other's place.
    const { records } = marksOf(shelf);
    const [ours, theirs] = [...records.keys()];
    const mark = records.get(ours ?? "") ?? expect.fail("there is a mark");
    records.set(theirs ?? "", mark);
    expect(await opensWith(clone, {})).toEqual([{ type: "foreign-mark" }]);
  });

  it("of another repo at this address is an event", async () => {
    await closedRepo(shelf);
    const old = shelf.copy();
    shelf.marks?.records.clear();
    shelf.disk = undefined;
    await closedRepo(shelf);
    shelf.disk = old;
    expect(await opensWith(shelf, {})).toEqual([{ type: "foreign-mark" }]);
    expect(await opensWith(shelf, {})).toEqual([]);
  });

  it("without a container is REPO_MISSING, whether one would be made or not", async () => {
    await closedRepo(shelf);
    await shelf.destroy();
    for (const mode of ["open", "create", "createNew"] as const)
      await expect(shelf.repo({ mode })).rejects.toMatchObject(MISSING);
    const forgiving = shelf.repo({ acceptRollback: "given up" });
    await expect(forgiving).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
    expect(shelf.disk).toBeUndefined();
    const repo = await shelf.repo({ mode: "create", acceptRollback: "given up" });
    expect(repo.events).toMatchObject([{ type: "rollback", generation: 0, accepted: "given up" }]);
    await repo.close();
    expect(shelf.marks?.records.size).toBe(1);
    expect(await opensWith(shelf, {})).toEqual([]);
  });

  it("is not written by who only reads, nor by a creation that fails", async () => {
    await closedRepo(shelf);
    const writes = shelf.marks?.writes;
    await opensWith(shelf, { readOnly: true });
    expect(shelf.marks?.writes).toBe(writes);
    const failing = new Shelf("opfs://failing");
    failing.open = () => Promise.reject(new Error("no storage"));
    await expect(failing.repo({ mode: "createNew" })).rejects.toThrow("no storage");
    expect(failing.marks?.records.size).toBe(0);
  });
});

describe("what the mark costs", () => {
  /** What the storage is asked for by a life of 200 commits. */
  async function calls(at: Shelf): Promise<Record<string, number>> {
    const repo = await at.repo({ mode: "createNew" });
    await repo.commit(200);
    await repo.close();
    const { slotsWritten, slotsRead, flushes } = repo.store;
    return { slotsWritten, slotsRead, flushes };
  }

  it("not a call of the repo's storage, and a write for all commits of a second", async () => {
    const marked = new Shelf();
    const started = Date.now();
    expect(await calls(marked)).toEqual(await calls(new Shelf("opfs://bare", "unmarked")));
    const seconds = Math.ceil((Date.now() - started) / 1000);
    expect(marked.marks?.writes).toBeLessThanOrEqual(2 + seconds);
    expect(marked.marks?.writes).toBeGreaterThan(0);
  });

  it("no commit waits for it, nor fails with it", async () => {
    const stuck = new Shelf();
    marksOf(stuck).writing = () => new Promise(() => undefined);
    await closedRepo(stuck, 20);
    expect(stuck.marks?.writes).toBe(1);
    const failing = new Shelf();
    marksOf(failing).writing = () => Promise.reject(new Error("quota"));
    await closedRepo(failing, 20);
    expect(await opensWith(failing, {})).toEqual([]);
  });
});
