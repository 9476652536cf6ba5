/** Catalogue 26, password change: the power goes at every write of it; the old or the new credential opens, never neither. */
import { expect, test } from "vitest";
import { HEADER_COPY_OFFSETS, parseHeader } from "../../src/crypto/header.js";
import { createHeader, unlock } from "../../src/crypto/unlock.js";
import { isRepoError } from "../../src/errors.js";
import { changePasswordIn } from "../../src/node/change-password.js";
import { crashImages } from "../simulated-disk/crash-images.js";
import { SimulatedDisk, SimulatedDiskProvider } from "../simulated-disk/simulated-disk.js";
import { runs, workloadSeed } from "./seed.js";

const NAME = "repo";
const CRASHES = { exhaustivePieces: 4, samples: 40, tornPieces: 4, tornHeaderBytes: 40 };
const derive = (): Promise<never> => Promise.reject(new Error("no password is used here"));
const old = { rawKey: new Uint8Array(32).fill(1) };
const next = { rawKey: new Uint8Array(32).fill(2) };

async function opens(area: Uint8Array, credential: typeof old): Promise<boolean> {
  const candidates = await parseHeader(area, crypto.subtle);
  try {
    (await unlock(candidates, credential, { derive })).sealer.close();
    return true;
  } catch (error) {
    if (isRepoError(error, "UNLOCK_FAILED")) return false;
    throw error;
  }
}

test.each([false, true])(
  "26: a crash while the password is changed leaves the old or the new one working (ordered writes: %s)",
  async (orderedWrites) => {
    for (const run of runs) {
      const seed = workloadSeed(run, 60_000);
      const disk = new SimulatedDisk({ seed, orderedWrites, record: true });
      const provider = new SimulatedDiskProvider().insert(NAME, disk);
      const store = await provider.open(NAME, "create");
      store.setSlotBytes(4096);
      const made = await createHeader({
        cipher: "xchacha20-poly1305",
        slotBytes: 4096,
        credential: old,
        derive,
      });
      made.sealer.close();
      for (const at of HEADER_COPY_OFFSETS) await store.writeHeader(at, made.bytes);
      await store.flush();
      disk.log.acknowledged(0);
      await changePasswordIn(store, { current: old, next, kdf: undefined, derive });
      disk.log.acknowledged(1);
      await store.close();

      const seen = { old: 0, next: 0 };
      for (const state of crashImages(disk.log, { seed, ...CRASHES })) {
        if (state.lastAcknowledged < 0) continue;
        const crashed = new SimulatedDiskProvider().insert(
          NAME,
          SimulatedDisk.fromImage(state.image),
        );
        const found = await crashed.open(NAME, "read");
        const area = await found.readHeader();
        const [withOld, withNext] = [await opens(area, old), await opens(area, next)];
        expect([state.describe(), withOld !== withNext]).toEqual([state.describe(), true]);
        if (state.lastAcknowledged === 1) expect(withNext).toBe(true);
        seen[withNext ? "next" : "old"]++;
        await found.close();
      }
      expect(seen.old).toBeGreaterThan(0);
      expect(seen.next).toBeGreaterThan(0);
    }
  },
);
