/** Versions of a large file: each costs what it differs by. */
import { expect, test } from "vitest";
import type { NewRepo } from "../../../src/engine/options.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { pattern } from "../../support/pattern.js";
import { createRepo } from "../../support/repo.js";
import { unsealedKeys } from "../../support/unsealed.js";

const MIB = 1024 * 1024;
/** As the product lays content out. */
const KEYS = unsealedKeys(32 * 1024);
const OPTIONS = { stepSlots: 64, unitBytes: 32 * 1024, cacheBytes: 16 * MIB };

test.each<[string, NewRepo]>([
  ["plain", {}],
  ["with compression", { compress: "lz4" }],
  ["with shared content", { dedup: true }],
])(
  "a one-byte edit of a file of 100 MiB adds at most 1 MiB (%s)",
  async (_, settings) => {
    const disk = new MemoryDisk();
    const { fs, engine } = await createRepo(disk.open("create"), KEYS, undefined, OPTIONS, {
      versionLimit: 10,
      ...settings,
    });
    const piece = pattern(MIB);
    const first = await fs.open("/f", { write: true, create: true });
    for (let at = 0; at < 100; at++) {
      piece[0] = at;
      await first.write(piece.slice(), at * MIB);
    }
    await first.close();
    await fs.sync();
    const used = (): number => {
      const { slots, freeSlots } = engine.stats();
      return (slots - freeSlots) * KEYS.slotBytes;
    };
    const before = used();
    for (let edit = 1; edit <= 5; edit++) {
      const handle = await fs.open("/f", { write: true });
      await handle.write(new Uint8Array([255]), 17 * MIB * edit);
      await handle.close();
      await fs.sync();
      expect(used() - before).toBeLessThanOrEqual(edit * MIB);
    }
    expect((await fs.history("/f")).map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6]);
    const version = await fs.openVersion("/f", 1);
    const byte = new Uint8Array(1);
    await version.read(byte, 17 * MIB);
    expect(byte[0]).toBe(17);
    await version.close();
    expect(await engine.check()).toMatchObject({ ok: true });
    await fs.close();
  },
  60_000,
);
