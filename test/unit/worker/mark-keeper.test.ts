/** MarkKeeper: how often it writes, what, and that nothing waits for it. The clock is the test's. */
import { beforeEach, describe, expect, it } from "vitest";
import { createHeader } from "../../../src/crypto/unlock.js";
import type { Subkeys } from "../../../src/crypto/subkeys.js";
import type { CommittedState } from "../../../src/engine/line.js";
import { MarkKeeper } from "../../../src/worker/mark-keeper.js";
import { Marks } from "../../../src/worker/marks.js";
import { TestClock } from "../../support/repo.js";
import { MemoryMarks } from "../../support/shelf.js";
import { isWaiting, settle } from "../../support/turns.js";

const PAUSE_MS = 1000;

let clock: TestClock;
let store: MemoryMarks;
let subkeys: Subkeys;
let marks: Marks;
let keeper: MarkKeeper;

beforeEach(async () => {
  const { subkeys: made } = await createHeader({
    cipher: "aes-256-gcm",
    slotBytes: 4096,
    credential: { rawKey: new Uint8Array(32).fill(1) },
    derive: () => Promise.reject(new Error("no password is used here")),
  });
  subkeys = made;
  clock = new TestClock();
  store = new MemoryMarks();
  marks = new Marks(store, "opfs://kept");
  keeper = new MarkKeeper(marks, () => subkeys, clock);
});

function commit(generation: number, settled = false): CommittedState {
  return { generation, headerGeneration: 1, settled, tag: new Uint8Array(16).fill(generation) };
}

/** Lets everything end that was begun: WebCrypto answers from other threads, in the order of the questions. */
async function quiet(): Promise<void> {
  for (let round = 0; round < 20; round++) {
    await crypto.subtle.digest("SHA-256", new Uint8Array(100_000));
    await settle();
  }
}

/** What the marks say once everything that was begun has ended. */
async function marked(): Promise<number | undefined> {
  await quiet();
  const mark = await marks.read(subkeys);
  return mark?.trust === "genuine" ? mark.point.generation : undefined;
}

describe("MarkKeeper", () => {
  it("writes the first commit at once, and of all others of a second the newest", async () => {
    keeper.note(commit(1));
    expect(await marked()).toBe(1);
    for (let generation = 2; generation <= 100; generation++) keeper.note(commit(generation));
    expect(await marked()).toBe(1);
    clock.advance(PAUSE_MS - 1);
    expect(await marked()).toBe(1);
    clock.advance(1);
    expect(await marked()).toBe(100);
    expect(store.writes).toBe(2);
    clock.advance(10 * PAUSE_MS);
    expect(store.writes).toBe(2);
    keeper.note(commit(101));
    expect(await marked()).toBe(101);
  });

  it("has one write under way at most, however long that takes", async () => {
    let release = (): void => undefined;
    store.writing = () => new Promise((resolve) => (release = resolve));
    keeper.note(commit(1));
    await marked();
    for (let generation = 2; generation < 10; generation++) {
      keeper.note(commit(generation));
      clock.advance(PAUSE_MS);
    }
    expect(await marked()).toBeUndefined();
    expect(store.writes).toBe(1);
    release();
    expect(await marked()).toBe(1);
    clock.advance(PAUSE_MS);
    await marked();
    release();
    expect(await marked()).toBe(9);
  });

  it("writes the last commit when it ends, though the keys are gone by then", async () => {
    keeper.note(commit(1));
    await marked();
    keeper.note(commit(2));
    keeper.note(commit(3, true));
    subkeys.close();
    await keeper.end();
    expect(store.writes).toBe(2);
    const [record = expect.fail("there is a mark")] = [...store.records.values()];
    expect(record[0]).toBe(3);
    keeper.note(commit(4));
    clock.advance(PAUSE_MS);
    await quiet();
    expect(store.writes).toBe(2);
  });

  it("lets nobody wait for ever: neither who opens nor who closes", async () => {
    store.writing = () => new Promise(() => undefined);
    const resetting = keeper.reset(commit(1));
    await marked();
    expect(await isWaiting(resetting)).toBe(true);
    clock.advance(PAUSE_MS);
    await resetting;
    keeper.note(commit(2));
    const ending = keeper.end();
    await marked();
    clock.advance(PAUSE_MS);
    await ending;
  });

  it("remembers nothing more of a repo that was taken away", async () => {
    keeper.note(commit(1));
    await marked();
    keeper.note(commit(2));
    keeper.abandon();
    keeper.note(commit(3));
    clock.advance(PAUSE_MS);
    await keeper.end();
    expect(await marked()).toBe(1);
  });

  it("goes on after a write that failed", async () => {
    store.writing = () => Promise.reject(new Error("quota"));
    keeper.note(commit(1));
    expect(await marked()).toBeUndefined();
    store.writing = () => Promise.resolve();
    keeper.note(commit(2));
    clock.advance(PAUSE_MS);
    expect(await marked()).toBe(2);
  });
});
