/** What OPFS can do to a container besides storing it. */
import type { BlockStore, SlotAddress } from "../../src/backends/block-store.js";
import { HEADER_AREA_BYTES } from "../../src/backends/block-store.js";
import { OpfsStoreProvider } from "../../src/backends/opfs/opfs-store.js";
import { check, checkCode, codeOf, withMethod } from "./browser-case.js";
import type { BrowserCase } from "./browser-case.js";

const SLOT = 16 * 1024;
const DIRECTORY = ".opfs-cases";
const NAME = "case";

const provider = new OpfsStoreProvider({ directory: DIRECTORY, busyWaitMs: 300 });

function filled(slots: number, byte: number): Uint8Array {
  return new Uint8Array(slots * SLOT).fill(byte);
}

async function get(store: BlockStore, slot: number): Promise<Uint8Array> {
  const into = new Uint8Array(SLOT);
  await store.read([{ start: slot as SlotAddress, into }]);
  return into;
}

async function withStore(slots: number, body: (store: BlockStore) => Promise<void>): Promise<void> {
  await codeOf(() => provider.destroy(NAME));
  const store = await provider.open(NAME, "create");
  store.setSlotBytes(SLOT);
  try {
    await store.writeHeader(0, new Uint8Array([1]));
    await store.resize(slots);
    await body(store);
  } finally {
    await store.close();
    await provider.destroy(NAME);
  }
}

async function container(): Promise<FileSystemFileHandle> {
  const root = await navigator.storage.getDirectory();
  return (await root.getDirectoryHandle(DIRECTORY)).getFileHandle(`${NAME}.coffer`);
}

/** The lengths of the handle's write calls during `body`. */
async function writeCalls(body: () => Promise<void>): Promise<number[]> {
  const calls: number[] = [];
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its owner
  const original = FileSystemSyncAccessHandle.prototype.write;
  const counting: typeof original = function (this: FileSystemSyncAccessHandle, bytes, options) {
    calls.push(bytes.byteLength);
    return original.call(this, bytes, options);
  };
  await withMethod(FileSystemSyncAccessHandle.prototype, "write", counting, body);
  return calls;
}

export const opfsCases: readonly BrowserCase[] = [
  {
    name: "adjacent short runs become one call per MiB, and a long run is one call",
    run: () =>
      withStore(256, async (store) => {
        const short = Array.from({ length: 128 }, (_, slot) => ({
          start: slot as SlotAddress,
          bytes: filled(1, slot),
        }));
        const staged = await writeCalls(() => store.write(short));
        check(staged.join() === "1048576,1048576", `short runs: ${staged.join()}`);
        const reversed = await writeCalls(() => store.write(short.toReversed()));
        check(reversed.join() === "1048576,1048576", `reversed short runs: ${reversed.join()}`);
        const long = [{ start: 0 as SlotAddress, bytes: filled(256, 1) }];
        const direct = await writeCalls(() => store.write(long));
        check(direct.join() === String(256 * SLOT), `a long run: ${direct.join()}`);
      }),
  },
  {
    name: "30: short writes and reads of the handle are completed",
    run: () =>
      withStore(2, async (store) => {
        // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called on its owner
        const original = FileSystemSyncAccessHandle.prototype.write;
        const short: typeof original = function (this: FileSystemSyncAccessHandle, bytes, options) {
          if (!ArrayBuffer.isView(bytes)) return original.call(this, bytes, options);
          const part = new Uint8Array(
            bytes.buffer,
            bytes.byteOffset,
            Math.min(5000, bytes.byteLength),
          );
          return original.call(this, part, options);
        };
        const run = { start: 1 as SlotAddress, bytes: filled(1, 7) };
        await withMethod(FileSystemSyncAccessHandle.prototype, "write", short, () =>
          store.write([run]),
        );
        check(
          (await get(store, 1)).every((byte) => byte === 7),
          "the slot is not whole",
        );
      }),
  },
  {
    name: "a container is one file: header area, then slots",
    run: () =>
      withStore(3, async (store) => {
        await store.write([{ start: 2 as SlotAddress, bytes: filled(1, 9) }]);
        await store.flush();
        const file = await (await container()).getFile();
        check(file.size === HEADER_AREA_BYTES + 3 * SLOT, `the file has ${file.size} bytes`);
        const slot = new Uint8Array(await file.slice(HEADER_AREA_BYTES + 2 * SLOT).arrayBuffer());
        check(
          slot.every((byte) => byte === 9),
          "slot 2 is not at its offset",
        );
      }),
  },
  {
    name: "9: a file cut or grown by a part of a slot has only whole slots",
    run: () =>
      withStore(3, async (store) => {
        await store.close();
        for (const [bytes, slots] of [
          [-1, 2],
          [1, 3],
          [-3 * SLOT - 1, 0],
          [SLOT - 1, 3],
        ] as const) {
          const handle = await (await container()).createSyncAccessHandle();
          handle.truncate(HEADER_AREA_BYTES + 3 * SLOT + bytes);
          handle.close();
          const reopened = await provider.open(NAME, "open");
          reopened.setSlotBytes(SLOT);
          check(reopened.slotCount === slots, `${bytes} bytes off: ${reopened.slotCount} slots`);
          check((await reopened.readHeader()).length === HEADER_AREA_BYTES, "the header is short");
          await checkCode(() => get(reopened, slots), "INTEGRITY");
          await reopened.close();
        }
      }),
  },
  {
    name: "an empty or short file is the debris of a creation",
    run: async () => {
      await withStore(0, () => Promise.resolve());
      const root = await navigator.storage.getDirectory();
      const directory = await root.getDirectoryHandle(DIRECTORY);
      await directory.getFileHandle(`${NAME}.coffer`, { create: true });
      check(!(await provider.exists(NAME)), "an empty file exists");
      await checkCode(() => provider.open(NAME, "open"), "REPO_NOT_FOUND");
      const store = await provider.open(NAME, "create");
      await store.close();
      await provider.destroy(NAME);
      check((await codeOf(() => provider.destroy(NAME))) === "REPO_NOT_FOUND", "it is still there");
    },
  },
  {
    name: "readers share a container, and exclude a writer",
    run: () =>
      withStore(1, async (store) => {
        await store.close();
        const [one, two] = [await provider.open(NAME, "read"), await provider.open(NAME, "read")];
        await checkCode(() => provider.open(NAME, "open"), "REPO_BUSY");
        await one.close();
        await two.close();
        await (await provider.open(NAME, "open")).close();
      }),
  },
  {
    name: "quota exceeded is ENOSPC with its cause",
    run: () =>
      withStore(1, async (store) => {
        const full = (): never => {
          throw new DOMException("full", "QuotaExceededError");
        };
        await withMethod(FileSystemSyncAccessHandle.prototype, "truncate", full, () =>
          checkCode(() => store.resize(9), "ENOSPC"),
        );
        check(store.slotCount === 1, `slotCount is ${store.slotCount}`);
      }),
  },
];
