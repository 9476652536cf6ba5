import { describe, expect, test } from "vitest";
import { HEADER_AREA_BYTES } from "../../src/backends/block-store.js";
import type { BlockStore, SlotAddress } from "../../src/backends/block-store.js";
import { crashImages } from "./crash-images.js";
import type { CrashOptions } from "./crash-images.js";
import { DiskImage, sameBytes } from "./disk-image.js";
import { Prng } from "./prng.js";
import { SimulatedDisk } from "./simulated-disk.js";
import type { SimulatedDiskOptions } from "./simulated-disk.js";

const SLOT = 4096;

function slotAt(slot: number): SlotAddress {
  return slot as SlotAddress;
}

function filled(byte: number, slots = 1): Uint8Array {
  return new Uint8Array(slots * SLOT).fill(byte);
}

async function openDisk(
  options: SimulatedDiskOptions,
  slots: number,
): Promise<[SimulatedDisk, BlockStore]> {
  const disk = new SimulatedDisk({ seed: 1, record: true, ...options });
  const store = disk.open();
  store.setSlotBytes(SLOT);
  await store.resize(slots);
  await store.flush();
  return [disk, store];
}

async function put(store: BlockStore, slot: number, byte: number, slots = 1): Promise<void> {
  await store.write([{ start: slotAt(slot), bytes: filled(byte, slots) }]);
}

/** One letter per slot: the byte that fills it, `?` for garbage, `/` where it is torn. */
function letters(image: DiskImage): string {
  return Array.from({ length: image.slotCount }, (_, slot) => {
    const stored = image.stored(slot);
    if (stored === undefined) return "?";
    return sameBytes(stored, filled(stored[0] ?? 0)) ? String.fromCharCode(stored[0] ?? 0) : "/";
  }).join("");
}

function states(disk: SimulatedDisk, options: Partial<CrashOptions> = {}): string[] {
  return [...crashImages(disk.log, { seed: 1, tornPieces: 0, ...options })].map(({ image }) =>
    letters(image),
  );
}

const [A, B, C] = [0x61, 0x62, 0x63] as const;

describe("a crash", () => {
  test("may lose any unflushed slot and keeps every flushed one", async () => {
    const [disk, store] = await openDisk({}, 3);
    await put(store, 0, A);
    await store.flush();
    await put(store, 1, B);
    await put(store, 2, C);
    expect(letters(disk.durable)).toBe("a??");
    const reached = new Set(states(disk));
    for (const state of ["a??", "ab?", "a?c", "abc"]) expect(reached).toContain(state);
    expect(reached).not.toContain("?bc");
  });

  test("enumerates each subset of unflushed pieces exactly once", async () => {
    const [disk, store] = await openDisk({}, 4);
    for (const slot of [0, 1, 2, 3]) await put(store, slot, A);
    const full = states(disk).filter((state) => state.length === 4);
    // Three states of no writes: growth issued, growth flushed; then 2^4 - 1 with a write each.
    expect(full.filter((state) => state !== "????")).toHaveLength(15);
    expect(new Set(full).size).toBe(16);
  });

  test("may lose one slot of a run", async () => {
    const [disk, store] = await openDisk({}, 3);
    await put(store, 0, A, 3);
    expect(new Set(states(disk))).toContain("a?a");
  });

  test("may lose the later or the earlier of two writes to one slot", async () => {
    const [disk, store] = await openDisk({}, 1);
    await put(store, 0, A);
    await put(store, 0, B);
    expect(new Set(states(disk))).toEqual(new Set(["", "?", "a", "b"]));
  });

  test("may lose growth, and then what was written there", async () => {
    const [disk, store] = await openDisk({}, 1);
    await store.resize(2);
    await put(store, 1, A);
    await put(store, 0, B);
    const reached = new Set(states(disk));
    for (const state of ["?", "b", "?a", "ba", "b?"]) expect(reached).toContain(state);
  });

  test("may undo a truncation, and never brings back what was cut before a flush", async () => {
    const [disk, store] = await openDisk({}, 2);
    await put(store, 1, A);
    await store.flush();
    await store.resize(1);
    expect(new Set(states(disk))).toContain("?a");
    await store.flush();
    await store.resize(2);
    expect(letters(disk.live)).toBe("??");
    const last = [...crashImages(disk.log, { seed: 1 })].filter(
      (s) => s.event === disk.log.events.length - 1,
    );
    expect(new Set(last.map(({ image }) => letters(image)))).toEqual(new Set(["??"]));
  });

  test("tears the last write at each sector, from either side", async () => {
    const [disk, store] = await openDisk({}, 1);
    await put(store, 0, A);
    await store.flush();
    await put(store, 0, B);
    const last = disk.log.events.length - 1;
    const seen = new Set<string>();
    for (const { image, event } of crashImages(disk.log, { seed: 1 })) {
      if (event !== last) continue;
      const slot = image.slot(0, SLOT);
      const sectors = Array.from({ length: 8 }, (_, s) => slot.subarray(s * 512, s * 512 + 512));
      for (const sector of sectors) expect(new Set(sector).size).toBe(1);
      seen.add(sectors.map((sector) => String.fromCharCode(sector[0] ?? 0)).join(""));
    }
    for (let at = 1; at < 8; at += 1) {
      expect(seen).toContain("b".repeat(at) + "a".repeat(8 - at));
      expect(seen).toContain("a".repeat(at) + "b".repeat(8 - at));
    }
    expect(seen.size).toBe(15);
  });

  test("tears a header write at every byte if asked", async () => {
    const [disk, store] = await openDisk({}, 0);
    await store.writeHeader(1000, filled(A).subarray(0, 100));
    const lengths = new Set<number>();
    for (const { image } of crashImages(disk.log, { seed: 1, tornHeaderBytes: Infinity })) {
      lengths.add(image.header.filter((byte) => byte === A).length);
    }
    expect(lengths.size).toBe(101);
  });

  test("samples subsets of many pieces, and includes each missing and each alone", async () => {
    const [disk, store] = await openDisk({}, 20);
    await put(store, 0, A, 20);
    const reached = new Set(states(disk, { samples: 50 }));
    for (let slot = 0; slot < 20; slot += 1) {
      expect(reached).toContain("a".repeat(slot) + "?" + "a".repeat(19 - slot));
      expect(reached).toContain("?".repeat(slot) + "a" + "?".repeat(19 - slot));
    }
    expect(reached.size).toBeGreaterThan(80);
  });

  test("of an ordered store keeps a prefix of its writes", async () => {
    const [disk, store] = await openDisk({ orderedWrites: true }, 3);
    await put(store, 2, A);
    await put(store, 0, B, 2);
    expect(new Set(states(disk))).toEqual(new Set(["", "???", "??a", "b?a", "bba"]));
  });

  test("replays from its seed", async () => {
    const [disk, store] = await openDisk({}, 20);
    await put(store, 0, A, 20);
    const describeAll = (seed: number): string[] =>
      [...crashImages(disk.log, { seed })].map((state) => state.describe());
    expect(describeAll(7)).toEqual(describeAll(7));
    expect(describeAll(7)).not.toEqual(describeAll(8));
    expect(describeAll(7).every((text) => text.startsWith("seed 7, crash after event "))).toBe(
      true,
    );
    expect(disk.crash(5).equals(disk.crash(5), SLOT)).toBe(true);
  });

  test("leaves a disk that works", async () => {
    const [disk, store] = await openDisk({}, 2);
    await put(store, 0, A);
    for (const { image } of crashImages(disk.log, { seed: 1 })) {
      const after = SimulatedDisk.fromImage(image);
      const reopened = after.open();
      reopened.setSlotBytes(SLOT);
      await reopened.resize(3);
      await put(reopened, 2, C);
      await reopened.flush();
      expect(letters(after.durable).slice(2)).toBe("c");
      expect(image.slotCount).toBeLessThan(3);
    }
  });
});

describe("marks", () => {
  test("bound what each state may show", async () => {
    const [disk, store] = await openDisk({}, 1);
    disk.log.submitted(0);
    await put(store, 0, A);
    await store.flush();
    disk.log.acknowledged(0);
    for (const state of crashImages(disk.log, { seed: 1, tornPieces: 0 })) {
      if (state.lastAcknowledged === 0) expect(letters(state.image)).toBe("a");
      if (letters(state.image) === "a") expect(state.lastSubmitted).toBe(0);
    }
  });

  test("an acknowledgement without a flush is put to the test", async () => {
    const [disk, store] = await openDisk({}, 1);
    await put(store, 0, A);
    disk.log.acknowledged(0);
    const broken = [...crashImages(disk.log, { seed: 1 })].filter(
      (state) => state.lastAcknowledged === 0 && letters(state.image) !== "a",
    );
    expect(broken.length).toBeGreaterThan(0);
  });
});

describe("a flush", () => {
  test("that is weak leaves the writes of the last flushes at risk", async () => {
    const [disk, store] = await openDisk({ weakFlushes: 1 }, 2);
    await put(store, 0, A);
    await store.flush();
    expect(letters(disk.durable)).toBe("??");
    await put(store, 1, B);
    await store.flush();
    expect(letters(disk.durable)).toBe("a?");
    expect(new Set(states(disk, { weakFlushes: 1 }))).toContain("a?");
    expect(new Set(states(disk, { weakFlushes: 1 }))).toContain("?b");
    expect(new Set(states(disk))).not.toContain("?b");
  });

  test("does not cover a write that had not resolved when it was called", async () => {
    const [disk, store] = await openDisk({ maxTurns: 6 }, 1);
    const write = put(store, 0, A);
    await store.flush();
    await write;
    expect(letters(disk.durable)).toBe("?");
    await store.flush();
    expect(letters(disk.durable)).toBe("a");
  });

  test("does not cover a write that was issued after it", async () => {
    const [disk, store] = await openDisk({ maxTurns: 6 }, 1);
    const flush = store.flush();
    await Promise.all([put(store, 0, A), flush]);
    expect(letters(disk.durable)).toBe("?");
  });

  test("that fails makes nothing durable, unless it landed", async () => {
    const [disk, store] = await openDisk({}, 1);
    await put(store, 0, A);
    disk.inject({ on: ["flush"], nth: 1 });
    await expect(store.flush()).rejects.toMatchObject({ code: "BACKEND_IO" });
    expect(letters(disk.durable)).toBe("?");
    disk.inject({ on: ["flush"], nth: 1, outcome: "landed" });
    await expect(store.flush()).rejects.toMatchObject({ code: "BACKEND_IO" });
    expect(letters(disk.durable)).toBe("a");
  });
});

describe("an injected fault", () => {
  test("hits the N-th call once", async () => {
    const [disk, store] = await openDisk({}, 3);
    disk.inject({ on: ["write"], nth: 2 });
    await put(store, 0, A);
    await expect(put(store, 1, B)).rejects.toMatchObject({ code: "BACKEND_IO" });
    await put(store, 2, C);
    expect(letters(disk.live)).toBe("a?c");
  });

  test("can last for ever, until healed", async () => {
    const [disk, store] = await openDisk({}, 1);
    disk.inject({ nth: 1, times: "forever", code: "ENOSPC" });
    await expect(put(store, 0, A)).rejects.toMatchObject({ code: "ENOSPC" });
    await expect(store.readHeader()).rejects.toMatchObject({ code: "ENOSPC" });
    disk.heal();
    await put(store, 0, A);
    expect(letters(disk.live)).toBe("a");
  });

  test("can report failure though the data landed, or a part of it", async () => {
    const [disk, store] = await openDisk({}, 16);
    disk.inject({ on: ["write"], nth: 1, outcome: "partial" });
    await expect(put(store, 0, A, 16)).rejects.toMatchObject({ code: "BACKEND_IO" });
    expect(letters(disk.live)).toMatch(/^(?=.*a)(?=.*\?)[a?]{16}$/);
    disk.inject({ on: ["write"], nth: 1, outcome: "landed" });
    await expect(put(store, 0, B, 16)).rejects.toMatchObject({ code: "BACKEND_IO" });
    expect(letters(disk.live)).toBe("b".repeat(16));
  });

  test("leaves a write that no flush vouches for, until the slot is written anew", async () => {
    const [disk, store] = await openDisk({}, 1);
    disk.inject({ on: ["write"], nth: 1, outcome: "landed" });
    await expect(put(store, 0, A)).rejects.toMatchObject({ code: "BACKEND_IO" });
    await store.flush();
    expect(letters(disk.durable)).toBe("?");
    await put(store, 0, B);
    await store.flush();
    for (let seed = 0; seed < 20; seed += 1) expect(letters(disk.crash(seed))).toBe("b");
  });

  test("is counted by calls", async () => {
    const [disk, store] = await openDisk({}, 1);
    const before = disk.calls;
    await put(store, 0, A);
    await store.flush();
    await store.readHeader();
    expect(disk.calls - before).toBe(3);
  });

  test("space runs out at resize beyond maxSlots, and shrinking works", async () => {
    const [disk, store] = await openDisk({ maxSlots: 4 }, 4);
    await expect(store.resize(5)).rejects.toMatchObject({ code: "ENOSPC" });
    expect(disk.live.slotCount).toBe(4);
    disk.maxSlots = 2;
    await store.resize(3);
    expect(disk.live.slotCount).toBe(3);
  });
});

describe("DiskImage", () => {
  test("agrees with a plain array under random changes, layered or compact", () => {
    const prng = new Prng(99);
    let image = DiskImage.empty(4);
    const model: (number | undefined)[] = [];
    for (let step = 0; step < 500; step += 1) {
      if (prng.chance(0.2)) {
        const slots = prng.below(20);
        image = image.with([{ kind: "resize", slots }]);
        while (model.length < slots) model.push(undefined);
        model.length = slots;
      } else if (model.length > 0) {
        const [slot, byte] = [prng.below(model.length), 1 + prng.below(255)];
        image = image.with([{ kind: "slot", slot, bytes: filled(byte) }]);
        model[slot] = byte;
      }
      if (prng.chance(0.5)) image = image.compact();
      expect(image.slotCount).toBe(model.length);
      for (const [slot, byte] of model.entries()) expect(image.stored(slot)?.[0]).toBe(byte);
    }
  });

  test("drops what is written beyond its end, also if it grows afterwards", () => {
    const beyond = { kind: "slot", slot: 5, bytes: filled(A) } as const;
    const image = DiskImage.empty(4).with([
      { kind: "resize", slots: 3 },
      beyond,
      { kind: "resize", slots: 8 },
    ]);
    expect(image.stored(5)).toBeUndefined();
  });

  test("holds stable garbage in slots that nobody wrote", () => {
    const image = DiskImage.empty(4).with([{ kind: "resize", slots: 2 }]);
    expect(sameBytes(image.slot(0, SLOT), image.slot(0, SLOT))).toBe(true);
    expect(sameBytes(image.slot(0, SLOT), image.slot(1, SLOT))).toBe(false);
  });

  test("keeps images apart", () => {
    const base = DiskImage.empty(4);
    const changed = base.with([
      { kind: "header", at: HEADER_AREA_BYTES - 1, bytes: new Uint8Array([7]) },
    ]);
    expect(base.header.at(-1)).toBe(0);
    expect(changed.header.at(-1)).toBe(7);
    expect(base.equals(changed, SLOT)).toBe(false);
  });
});
