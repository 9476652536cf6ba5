/** ContainerKeys: changes of keys in an open container, from the header that is stored to the commit that pins it. */
import { beforeEach, describe, expect, test, vi } from "vitest";
import { MemoryStoreProvider } from "../../../src/backends/memory/memory-store.js";
import { HEADER_COPY_BYTES, HEADER_COPY_OFFSETS } from "../../../src/crypto/header.js";
import type { Cipher } from "../../../src/crypto/suites.js";
import { cellOffset } from "../../../src/engine/ring.js";
import { RepoFileSystem } from "../../../src/vfs/repo-fs.js";
import { openContainer } from "../../../src/worker/container.js";
import type { KeyChange, OpenRequest } from "../../../src/worker/protocol.js";
import { pattern } from "../../support/pattern.js";
import { CIPHERS, codeOf } from "../crypto/support.js";

const mine = { rawKey: new Uint8Array(32).fill(1) };
const theirs = { rawKey: new Uint8Array(32).fill(2) };
const NAME = "repo";

let provider: MemoryStoreProvider;

beforeEach(() => {
  provider = new MemoryStoreProvider();
});

function derive(): Promise<never> {
  return Promise.reject(new Error("no password is used here"));
}

async function open(
  credential: typeof mine = mine,
  options: Partial<Pick<OpenRequest, "mode" | "readOnly" | "cipher" | "compress" | "dedup">> = {},
) {
  const request = {
    uri: `mem://${NAME}`,
    opening: 1,
    credential,
    mode: "open",
    readOnly: false,
    versionLimit: 1,
    compress: undefined,
    dedup: false,
    durability: "relaxed",
    cipher: "aes-256-gcm",
    kdf: "interactive",
    ...options,
  } as const;
  const place = { backend: "mem", name: NAME, location: `mem://${NAME}`, provider } as const;
  const container = await openContainer(request, place, { derive, onEvent: () => undefined });
  const change = (wanted: Partial<KeyChange> & Pick<KeyChange, "type">) =>
    container.keys.change({ current: mine, credentials: [], ...wanted }, derive);
  return { ...container, change, fs: new RepoFileSystem(container.engine) };
}

async function create(cipher: Cipher = "aes-256-gcm") {
  return open(mine, { mode: "createNew", cipher });
}

/** The header copies that are stored. */
async function storedHeaders(): Promise<Uint8Array[]> {
  const store = await provider.open(NAME, "read");
  const area = await store.readHeader();
  await store.close();
  return HEADER_COPY_OFFSETS.map((at) => area.slice(at, at + HEADER_COPY_BYTES));
}

async function storedArea(): Promise<Uint8Array> {
  const store = await provider.open(NAME, "read");
  const area = await store.readHeader();
  await store.close();
  return area.slice();
}

async function storeArea(area: Uint8Array): Promise<void> {
  const store = await provider.open(NAME, "open");
  await store.writeHeader(0, area);
  await store.close();
}

function cellRange(cell: number): [number, number] {
  return [cellOffset(cell), cellOffset(cell + 1)];
}

async function putBack(headers: readonly Uint8Array[]): Promise<void> {
  const store = await provider.open(NAME, "open");
  for (const [copy, bytes] of headers.entries())
    await store.writeHeader(HEADER_COPY_OFFSETS[copy] ?? 0, bytes);
  await store.close();
}

describe.each(CIPHERS)("a change of keys, %s", (cipher) => {
  test("is stored in both copies, and the old header put back is ROLLBACK (attack 39)", async () => {
    const { engine, change } = await create(cipher);
    await engine.close();
    const old = await storedHeaders();
    const again = await open();
    await again.change({ type: "replace", credentials: [theirs] });
    await again.engine.close();
    expect(await codeOf(open(mine))).toBe("UNLOCK_FAILED");
    const [copyA, copyB] = await storedHeaders();
    expect(copyA).toEqual(copyB);
    await putBack(old);
    expect(await codeOf(open(mine))).toBe("ROLLBACK");
    await expect(change({ type: "addRecoveryKey" })).rejects.toMatchObject({ code: "REPO_CLOSED" });
  });

  test("a header from before a rotation put back is ROLLBACK, and INTEGRITY once its cells are gone", async () => {
    const { engine } = await create(cipher);
    await engine.close();
    const old = await storedHeaders();
    const rotated = await open();
    await rotated.change({ type: "rotate", credentials: [mine] });
    await rotated.engine.close();
    const now = await storedHeaders();
    await putBack(old);
    expect(await codeOf(open(mine))).toBe("ROLLBACK");
    await putBack(now);
    const later = await open();
    for (let i = 0; i < 5; i++) {
      await later.fs.writeFile("/f", new Uint8Array([i]));
      await later.fs.sync();
    }
    await later.engine.close();
    await putBack(old);
    expect(await codeOf(open(mine))).toBe("INTEGRITY");
  });
});

test("changes at the same time take turns, each made of the one before", async () => {
  const { change, keys, engine } = await create();
  const added = [3, 4, 5].map((byte) =>
    change({ type: "add", credentials: [{ rawKey: new Uint8Array(32).fill(byte) }] }),
  );
  for (const { added: one } of await Promise.all(added)) expect(one).toHaveLength(1);
  expect(keys.list()).toHaveLength(4);
  await engine.close();
  const { engine: again } = await open({ rawKey: new Uint8Array(32).fill(4) });
  await again.close();
});

test("a change that fails changes nothing, and the next one goes on", async () => {
  const { change, keys, engine } = await create();
  await expect(change({ type: "remove", id: keys.list()[0]?.id })).rejects.toMatchObject({
    code: "EINVAL",
  });
  await change({ type: "add", credentials: [theirs] });
  expect(keys.list()).toHaveLength(2);
  await engine.close();
});

test("ids are of one credential for ever: a stale one removes nobody else's", async () => {
  const { change, keys, engine } = await create();
  const [added] = (await change({ type: "add", credentials: [theirs] })).added;
  await change({ type: "remove", id: added?.id });
  const [other] = (await change({ type: "add", credentials: [theirs] })).added;
  expect(other?.id).not.toBe(added?.id);
  await expect(change({ type: "remove", id: added?.id })).rejects.toMatchObject({ code: "EINVAL" });
  expect(keys.list()).toHaveLength(2);
  await engine.close();
});

test("33: a stale writer changes no keys, and what is stored stays as the new one left it", async () => {
  await (await create()).engine.close();
  for (const wanted of [
    { type: "replace", credentials: [theirs] },
    { type: "rotate", credentials: [mine] },
  ] as const) {
    const stale = await open();
    const { engine } = await open();
    const before = await storedHeaders();
    expect(await codeOf(stale.change(wanted))).toBe("STALE_WRITER");
    expect(await storedHeaders()).toEqual(before);
    expect(await codeOf(stale.change(wanted))).toBe("STALE_WRITER");
    await engine.close();
  }
});

test("a rotation that a closing overtakes is whole or has not happened", async () => {
  const { change, engine } = await create();
  const rotating = codeOf(change({ type: "rotate", credentials: [mine] }));
  await engine.close();
  const code = await rotating;
  const again = await open();
  expect([code, again.keys.keyGeneration]).toEqual(
    code === "resolved" ? [code, 2] : ["REPO_CLOSED", 1],
  );
  await again.engine.close();
});

test("one that closes right after the header was stored has rotated", async () => {
  const { change, engine, keys, store } = await create();
  const writeHeader = store.writeHeader.bind(store);
  let closing: Promise<void> | undefined;
  vi.spyOn(store, "writeHeader").mockImplementation(async (at, bytes) => {
    await writeHeader(at, bytes);
    closing ??= engine.close();
  });
  await change({ type: "rotate", credentials: [mine] });
  await closing;
  expect(keys.header.keyGeneration).toBe(2);
  const again = await open();
  expect(again.keys.keyGeneration).toBe(2);
  await again.engine.close();
});

test("a read-only container refuses with EROFS", async () => {
  await (await create()).engine.close();
  const { change, engine } = await open(mine, { readOnly: true });
  expect(await codeOf(change({ type: "addRecoveryKey" }))).toBe("EROFS");
  await engine.close();
});

test("a rotation amid shared and compressed content loses none of it", async () => {
  const { change, engine, fs } = await open(mine, {
    mode: "createNew",
    compress: "lz4",
    dedup: true,
  });
  const content = pattern(300_000);
  await fs.writeFile("/before", content);
  await change({ type: "rotate", credentials: [mine] });
  await fs.writeFile("/after", content);
  await fs.unlink("/before");
  await fs.writeFile("/again", content);
  await engine.close();
  const again = await open();
  for (const path of ["/after", "/again"]) expect(await again.fs.readFile(path)).toEqual(content);
  expect(await again.engine.check()).toMatchObject({ damage: [], problems: [] });
  await again.engine.close();
});

describe("retireGenerations", () => {
  test("drops what is not used any more and nothing else", async () => {
    const { change, keys, engine, fs } = await create();
    await fs.writeFile("/old", new Uint8Array(100_000).fill(1));
    await fs.sync();
    for (let i = 0; i < 2; i++) await change({ type: "rotate", credentials: [mine] });
    expect([keys.keyGeneration, keys.generations]).toEqual([3, [3, 2, 1]]);
    expect(await keys.retireGenerations(new Set([1, 2, 3]))).toEqual([]);
    expect(await keys.retireGenerations(new Set([1]))).toEqual([2]);
    expect(await keys.retireGenerations(new Set([1]))).toEqual([]);
    expect((await engine.check()).ok).toBe(true);
    await engine.close();
    const again = await open();
    expect(again.keys.generations).toEqual([3, 1]);
    expect((await again.engine.check()).ok).toBe(true);
    expect((await again.fs.readFile("/old"))[99_999]).toBe(1);
    await again.engine.close();
  });

  test("leaves four superblocks, each of which opens alone, with what it needs", async () => {
    const { change, keys, engine, fs } = await create();
    await change({ type: "rotate", credentials: [mine] });
    await fs.writeFile("/f", new Uint8Array(100_000).fill(2));
    await fs.sync();
    expect(await keys.retireGenerations(new Set())).toEqual([1]);
    await engine.close();
    const image = await storedArea();
    for (let left = 0; left < 4; left++) {
      const damaged = image.slice();
      for (let cell = 0; cell < 4; cell++) if (cell !== left) damaged.fill(0, ...cellRange(cell));
      await storeArea(damaged);
      const alone = await open(mine, { readOnly: true });
      expect((await alone.fs.readFile("/f"))[99_999]).toBe(2);
      await alone.engine.close();
    }
  });

  test("makes what was sealed under a dropped generation INTEGRITY, on its paths", async () => {
    const { change, keys, engine, fs } = await create();
    await fs.writeFile("/old", new Uint8Array(100_000).fill(1));
    await change({ type: "rotate", credentials: [mine] });
    await fs.writeFile("/new", new Uint8Array(50_000).fill(4));
    expect(await keys.retireGenerations(new Set())).toEqual([1]);
    await engine.close();
    const again = await open();
    expect(await codeOf(again.fs.readFile("/old"))).toBe("INTEGRITY");
    expect((await again.fs.readFile("/new"))[0]).toBe(4);
    await again.engine.close();
  });
});
