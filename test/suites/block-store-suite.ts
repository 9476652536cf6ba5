/**
 * The suite of the BlockStore port (src/backends/block-store.ts): every store passes it, in Node
 * and in a real browser's worker, so it needs no test framework. A case is a promise of the port;
 * `appliesTo` says which stores make it.
 */
import { HEADER_AREA_BYTES } from "../../src/backends/block-store.js";
import type {
  BlockStore,
  SlotAddress,
  StoreMode,
  StoreProvider,
} from "../../src/backends/block-store.js";
import { isRepoError } from "../../src/errors.js";
import type { RepoErrorCode } from "../../src/errors.js";

export interface BlockStoreSubject {
  readonly provider: StoreProvider;
  /** What a second writer meets: it takes over and fences the first, or finds the container busy. */
  readonly writers: "takeover" | "exclusive";
  /** Reading a slot that nobody wrote: gives unspecified bytes, or INTEGRITY. */
  readonly unwritten: "bytes" | "integrity";
}

export interface BlockStoreCase {
  readonly name: string;
  readonly appliesTo: (subject: BlockStoreSubject) => boolean;
  readonly run: (subject: BlockStoreSubject) => Promise<void>;
}

const SLOT = 16 * 1024;
const cases: BlockStoreCase[] = [];

/** Every case, in order. Each makes its own container and removes it. */
export const blockStoreCases: readonly BlockStoreCase[] = cases;

// What a case works with.

class Scene {
  readonly subject: BlockStoreSubject;
  readonly name: string;
  readonly #opened: BlockStore[] = [];

  constructor(subject: BlockStoreSubject, name: string) {
    this.subject = subject;
    this.name = name;
  }

  /** Opens and fixes the slot size. */
  async open(mode: StoreMode, slotBytes = SLOT): Promise<BlockStore> {
    const store = await this.subject.provider.open(this.name, mode);
    this.#opened.push(store);
    store.setSlotBytes(slotBytes);
    return store;
  }

  /** A finished container of so many slots, open for writing. */
  async create(slots = 0, slotBytes = SLOT): Promise<BlockStore> {
    const store = await this.open("create", slotBytes);
    await store.writeHeader(0, new Uint8Array([1]));
    if (slots > 0) await store.resize(slots);
    return store;
  }

  async reopen(store: BlockStore, mode: StoreMode = "open", slotBytes = SLOT): Promise<BlockStore> {
    await store.close();
    return this.open(mode, slotBytes);
  }

  async tearDown(): Promise<void> {
    for (const store of this.#opened) await store.close();
    await this.subject.provider.destroy(this.name).catch((error: unknown) => {
      if (!isRepoError(error, "REPO_NOT_FOUND")) throw error;
    });
  }
}

function promise(
  name: string,
  body: (scene: Scene) => Promise<void>,
  appliesTo: (subject: BlockStoreSubject) => boolean = () => true,
): void {
  const run = async (subject: BlockStoreSubject): Promise<void> => {
    const scene = new Scene(
      subject,
      `Suite ${String(cases.findIndex((one) => one.name === name))}`,
    );
    await scene.tearDown();
    try {
      await body(scene);
    } finally {
      await scene.tearDown();
    }
  };
  cases.push({ name, appliesTo, run });
}

function at(slot: number): SlotAddress {
  return slot as SlotAddress;
}

/** Bytes that differ between slots, offsets and tags. */
function pattern(length: number, tag: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = tag * 2654435761 + 1;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

async function put(store: BlockStore, slot: number, bytes: Uint8Array): Promise<void> {
  await store.write([{ start: at(slot), bytes }]);
}

async function get(store: BlockStore, slot: number, length = SLOT): Promise<Uint8Array> {
  const into = new Uint8Array(length);
  await store.read([{ start: at(slot), into }]);
  return into;
}

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

function checkSame(actual: Uint8Array, expected: Uint8Array, what: string): void {
  check(
    actual.length === expected.length,
    `${what}: ${actual.length} bytes, expected ${expected.length}`,
  );
  const differs = actual.findIndex((byte, index) => byte !== expected[index]);
  check(differs === -1, `${what}: differs at byte ${differs}`);
}

async function checkSlot(store: BlockStore, slot: number, expected: Uint8Array): Promise<void> {
  checkSame(await get(store, slot, expected.length), expected, `slot ${slot}`);
}

async function checkCode(attempt: () => unknown, code: RepoErrorCode): Promise<void> {
  await checkFailure(attempt, (error) => isRepoError(error, code), code);
}

async function checkBug(attempt: () => unknown): Promise<void> {
  const isBug = (error: unknown): boolean =>
    error instanceof Error && error.message.startsWith("BUG:");
  await checkFailure(attempt, isBug, "an assertion");
}

async function checkFailure(
  attempt: () => unknown,
  wanted: (error: unknown) => boolean,
  what: string,
): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    check(wanted(error), `expected ${what}, got ${String(error)}`);
    return;
  }
  throw new Error(`expected ${what}, but it succeeded`);
}

/** Every call that changes the container. */
function changes(store: BlockStore): (() => Promise<void>)[] {
  return [
    () => put(store, 0, pattern(SLOT, 99)),
    () => store.writeHeader(8, pattern(16, 99)),
    () => store.resize(1),
    () => store.resize(9),
  ];
}

// Slots.

promise("a slot reads back as written", async (scene) => {
  const store = await scene.create(4);
  await put(store, 2, pattern(SLOT, 1));
  await checkSlot(store, 2, pattern(SLOT, 1));
});

promise("a slot can be overwritten, and its neighbours stay", async (scene) => {
  const store = await scene.create(3);
  await put(store, 0, pattern(3 * SLOT, 1));
  await put(store, 1, pattern(SLOT, 2));
  await checkSlot(store, 0, pattern(3 * SLOT, 1).subarray(0, SLOT));
  await checkSlot(store, 1, pattern(SLOT, 2));
  await checkSlot(store, 2, pattern(3 * SLOT, 1).subarray(2 * SLOT));
});

promise("a run of slots reads back as one run and slot by slot", async (scene) => {
  const store = await scene.create(8);
  const bytes = pattern(5 * SLOT, 3);
  await put(store, 2, bytes);
  await checkSlot(store, 2, bytes);
  for (let slot = 0; slot < 5; slot += 1) {
    await checkSlot(store, 2 + slot, bytes.subarray(slot * SLOT, (slot + 1) * SLOT));
  }
});

promise("slots that were written one by one read back as one run", async (scene) => {
  const store = await scene.create(5);
  const bytes = pattern(5 * SLOT, 4);
  for (const slot of [3, 0, 4, 1, 2]) {
    await put(store, slot, bytes.subarray(slot * SLOT, (slot + 1) * SLOT));
  }
  await checkSlot(store, 0, bytes);
});

promise("adjacent runs of one write all land, in any order of the list", async (scene) => {
  const store = await scene.create(12);
  const bytes = pattern(9 * SLOT, 5);
  const run = (start: number, end: number): { start: SlotAddress; bytes: Uint8Array } => ({
    start: at(start),
    bytes: bytes.subarray(start * SLOT, end * SLOT),
  });
  await store.write([run(4, 5), run(0, 2), run(5, 9), run(2, 4)]);
  await checkSlot(store, 0, bytes);
});

promise("runs apart from each other leave what lies between", async (scene) => {
  const store = await scene.create(7);
  await put(store, 0, pattern(7 * SLOT, 6));
  const [one, two] = [pattern(SLOT, 7), pattern(2 * SLOT, 8)];
  await store.write([
    { start: at(5), bytes: two },
    { start: at(1), bytes: one },
  ]);
  const expected = pattern(7 * SLOT, 6);
  expected.set(one, SLOT);
  expected.set(two, 5 * SLOT);
  await checkSlot(store, 0, expected);
});

promise("several runs are read in one call, also the same slot twice", async (scene) => {
  const store = await scene.create(6);
  const bytes = pattern(6 * SLOT, 9);
  await put(store, 0, bytes);
  const [a, b, c] = [new Uint8Array(SLOT), new Uint8Array(3 * SLOT), new Uint8Array(2 * SLOT)];
  await store.read([
    { start: at(5), into: a },
    { start: at(1), into: b },
    { start: at(2), into: c },
  ]);
  checkSame(a, bytes.subarray(5 * SLOT), "slot 5");
  checkSame(b, bytes.subarray(SLOT, 4 * SLOT), "slots 1-3");
  checkSame(c, bytes.subarray(2 * SLOT, 4 * SLOT), "slots 2-3");
});

promise("empty lists of runs do nothing", async (scene) => {
  const store = await scene.create(1);
  await store.write([]);
  await store.read([]);
});

promise("a run of 8 MiB reads back, whole and in parts", async (scene) => {
  const slots = (8 * 1024 * 1024) / SLOT;
  const store = await scene.create(slots + 2);
  const bytes = pattern(slots * SLOT, 10);
  await put(store, 1, bytes);
  await checkSlot(store, 1, bytes);
  await checkSlot(store, 256, bytes.subarray(255 * SLOT, 258 * SLOT));
});

promise("many short runs that add up to more than 1 MiB all land", async (scene) => {
  const slots = 150;
  const store = await scene.create(slots);
  const bytes = pattern(slots * SLOT, 11);
  const runs = Array.from({ length: slots / 3 }, (_, index) => ({
    start: at(index * 3),
    bytes: bytes.subarray(index * 3 * SLOT, (index + 1) * 3 * SLOT),
  }));
  await store.write(runs);
  await checkSlot(store, 0, bytes);
});

promise("a long run among short adjacent ones lands in its place", async (scene) => {
  const store = await scene.create(140);
  const bytes = pattern(140 * SLOT, 12);
  const cuts = [0, 1, 3, 103, 104, 140];
  const runs = cuts.slice(1).map((end, index) => ({
    start: at(cuts[index] ?? 0),
    bytes: bytes.subarray((cuts[index] ?? 0) * SLOT, end * SLOT),
  }));
  await store.write(runs);
  await checkSlot(store, 0, bytes);
});

for (const slotBytes of [4096, 8192, 32768, 65536]) {
  promise(`slots of ${slotBytes} bytes keep apart, first and last`, async (scene) => {
    const store = await scene.create(5, slotBytes);
    const bytes = pattern(5 * slotBytes, slotBytes);
    await put(store, 0, bytes);
    await put(store, 4, pattern(slotBytes, 13));
    await checkSlot(store, 0, bytes.subarray(0, 4 * slotBytes));
    await checkSlot(store, 4, pattern(slotBytes, 13));
    const reopened = await scene.reopen(store, "open", slotBytes);
    check(reopened.slotCount === 5, `slotCount is ${reopened.slotCount}`);
    await checkSlot(reopened, 3, bytes.subarray(3 * slotBytes, 4 * slotBytes));
  });
}

promise("a write does not keep or change the caller's buffer", async (scene) => {
  const store = await scene.create(2);
  const bytes = pattern(SLOT, 14);
  await put(store, 0, bytes);
  checkSame(bytes, pattern(SLOT, 14), "the caller's buffer");
  bytes.fill(0);
  await checkSlot(store, 0, pattern(SLOT, 14));
});

promise("a write of views stores the views and not the buffers behind them", async (scene) => {
  const store = await scene.create(2);
  const backing = pattern(4 * SLOT, 15);
  await store.write([{ start: at(1), bytes: backing.subarray(100, 100 + SLOT) }]);
  await checkSlot(store, 1, backing.subarray(100, 100 + SLOT));
});

promise("a read fills the view and nothing around it", async (scene) => {
  const store = await scene.create(1);
  await put(store, 0, pattern(SLOT, 16));
  const backing = new Uint8Array(SLOT + 20).fill(7);
  await store.read([{ start: at(0), into: backing.subarray(10, 10 + SLOT) }]);
  checkSame(backing.subarray(10, 10 + SLOT), pattern(SLOT, 16), "the view");
  check(
    backing.subarray(0, 10).every((byte) => byte === 7),
    "bytes before the view changed",
  );
  check(
    backing.subarray(10 + SLOT).every((byte) => byte === 7),
    "bytes after the view changed",
  );
});

promise("what a read gave is the caller's to change", async (scene) => {
  const store = await scene.create(1);
  await put(store, 0, pattern(SLOT, 17));
  (await get(store, 0)).fill(0);
  (await store.readHeader()).fill(9);
  await checkSlot(store, 0, pattern(SLOT, 17));
  check((await store.readHeader())[0] === 1, "the header changed");
});

promise("overlapping calls to different slots do not disturb each other", async (scene) => {
  const store = await scene.create(40);
  const writes = Array.from({ length: 20 }, (_, index) =>
    put(store, index * 2, pattern(SLOT, 100 + index)),
  );
  const header = store.writeHeader(4096, pattern(100, 18));
  await Promise.all([...writes, header, store.flush()]);
  const reads = Array.from({ length: 20 }, (_, index) => get(store, index * 2));
  for (const [index, bytes] of (await Promise.all(reads)).entries()) {
    checkSame(bytes, pattern(SLOT, 100 + index), `slot ${index * 2}`);
  }
});

promise("of overlapping writes to one slot the last one issued stays", async (scene) => {
  const store = await scene.create(1);
  await Promise.all([1, 2, 3, 4, 5].map((tag) => put(store, 0, pattern(SLOT, tag))));
  await checkSlot(store, 0, pattern(SLOT, 5));
});

promise("a long write and a short one after it keep their order", async (scene) => {
  const store = await scene.create(1024);
  const long = put(store, 0, pattern(1024 * SLOT, 19));
  await Promise.all([long, put(store, 1020, pattern(SLOT, 20))]);
  await checkSlot(store, 1020, pattern(SLOT, 20));
  await checkSlot(store, 1019, pattern(1024 * SLOT, 19).subarray(1019 * SLOT, 1020 * SLOT));
});

// Bounds.

promise(
  "a read that reaches beyond the stored slots is INTEGRITY and fills nothing in",
  async (scene) => {
    const store = await scene.create(2);
    await put(store, 0, pattern(2 * SLOT, 21));
    await checkCode(() => get(store, 2), "INTEGRITY");
    await checkCode(() => get(store, 1, 2 * SLOT), "INTEGRITY");
    await checkCode(() => get(store, 2 ** 40 - 1), "INTEGRITY");
  },
);

promise("a malformed call is a bug, not an error of the storage", async (scene) => {
  const store = await scene.create(2);
  await checkBug(() => put(store, 2, pattern(SLOT, 1)));
  await checkBug(() => put(store, 1, pattern(2 * SLOT, 1)));
  await checkBug(() => put(store, 0, pattern(SLOT - 1, 1)));
  await checkBug(() => put(store, 0, new Uint8Array(0)));
  await checkBug(() => get(store, 0, SLOT + 1));
  await checkBug(() => get(store, -1));
  await checkBug(() => get(store, 0.5));
  await checkBug(() => store.resize(-1));
  await checkBug(() => store.writeHeader(HEADER_AREA_BYTES - 1, new Uint8Array(2)));
  await checkBug(() => store.writeHeader(-1, new Uint8Array(2)));
  const bytes = pattern(2 * SLOT, 1);
  const overlapping = [
    { start: at(0), bytes },
    { start: at(1), bytes: bytes.subarray(SLOT) },
  ];
  await checkBug(() => store.write(overlapping));
});

promise("the slot size is fixed once, before slots are named, to a power of two", async (scene) => {
  await (await scene.create()).close();
  const store = await scene.subject.provider.open(scene.name, "open");
  try {
    await checkBug(() => store.slotCount);
    await checkBug(() => get(store, 0));
    await checkBug(() => store.resize(1));
    for (const bad of [0, 2048, 5000, 131072, NaN])
      await checkBug(() => {
        store.setSlotBytes(bad);
      });
    store.setSlotBytes(SLOT);
    await checkBug(() => {
      store.setSlotBytes(SLOT);
    });
  } finally {
    await store.close();
  }
});

// Header.

promise("the header area of a new container is zero and has its full length", async (scene) => {
  const store = await scene.open("create");
  checkSame(await store.readHeader(), new Uint8Array(HEADER_AREA_BYTES), "the header");
});

promise("parts of the header are overwritten and the rest stays", async (scene) => {
  const store = await scene.create(1);
  const expected = new Uint8Array(HEADER_AREA_BYTES);
  expected[0] = 1;
  const write = async (offset: number, bytes: Uint8Array): Promise<void> => {
    expected.set(bytes, offset);
    await store.writeHeader(offset, bytes);
    checkSame(await store.readHeader(), expected, `after a write at ${offset}`);
  };
  await write(16, pattern(100, 1));
  await write(50, pattern(10, 2));
  await write(16 * 1024 - 5, pattern(10, 3));
  await write(30_000, pattern(70_000, 4));
  await write(64 * 1024, pattern(8192, 5));
  await write(HEADER_AREA_BYTES - 1, pattern(1, 6));
  await write(128 * 1024, pattern(16 * 1024, 7));
  await write(0, new Uint8Array(0));
});

promise("the whole header area is written in one call", async (scene) => {
  const store = await scene.create(1);
  await store.writeHeader(0, pattern(HEADER_AREA_BYTES, 22));
  checkSame(await store.readHeader(), pattern(HEADER_AREA_BYTES, 22), "the header");
});

promise("overlapping writes to one part of the header keep their order", async (scene) => {
  const store = await scene.create();
  const tags = [1, 2, 3, 4];
  await Promise.all(tags.map((tag) => store.writeHeader(100 + tag, pattern(10, tag))));
  const expected = new Uint8Array(HEADER_AREA_BYTES);
  expected[0] = 1;
  for (const tag of tags) expected.set(pattern(10, tag), 100 + tag);
  checkSame(await store.readHeader(), expected, "the header");
});

promise("header and slots do not touch each other", async (scene) => {
  const store = await scene.create(1);
  await store.writeHeader(0, pattern(HEADER_AREA_BYTES, 23));
  await put(store, 0, pattern(SLOT, 24));
  checkSame(await store.readHeader(), pattern(HEADER_AREA_BYTES, 23), "the header");
  await store.resize(0);
  checkSame(
    await store.readHeader(),
    pattern(HEADER_AREA_BYTES, 23),
    "the header after resize to 0",
  );
});

promise("a header write does not keep or change the caller's buffer", async (scene) => {
  const store = await scene.create();
  const bytes = pattern(64, 25);
  await store.writeHeader(200, bytes);
  checkSame(bytes, pattern(64, 25), "the caller's buffer");
  bytes.fill(0);
  checkSame((await store.readHeader()).subarray(200, 264), pattern(64, 25), "the header");
});

// Size.

promise("a new container has no slots", async (scene) => {
  const store = await scene.create();
  check(store.slotCount === 0, `slotCount is ${store.slotCount}`);
  await checkCode(() => get(store, 0), "INTEGRITY");
});

promise("growing keeps the slots there were and adds writable ones", async (scene) => {
  const store = await scene.create(2);
  await put(store, 0, pattern(2 * SLOT, 26));
  await store.resize(5);
  check(store.slotCount === 5, `slotCount is ${store.slotCount}`);
  await put(store, 4, pattern(SLOT, 27));
  await checkSlot(store, 0, pattern(2 * SLOT, 26));
  await checkSlot(store, 4, pattern(SLOT, 27));
});

promise(
  "a slot that was never written reads as unspecified bytes",
  async (scene) => {
    const store = await scene.create(2);
    await get(store, 0, 2 * SLOT);
  },
  (subject) => subject.unwritten === "bytes",
);

promise(
  "a slot that was never written is INTEGRITY, alone and within a run",
  async (scene) => {
    const store = await scene.create(3);
    await put(store, 0, pattern(SLOT, 28));
    await put(store, 2, pattern(SLOT, 29));
    await checkCode(() => get(store, 1), "INTEGRITY");
    await checkCode(() => get(store, 0, 3 * SLOT), "INTEGRITY");
    await checkSlot(store, 2, pattern(SLOT, 29));
  },
  (subject) => subject.unwritten === "integrity",
);

promise("truncating cuts the slots beyond and keeps those below", async (scene) => {
  const store = await scene.create(6);
  await put(store, 0, pattern(6 * SLOT, 30));
  await store.resize(4);
  check(store.slotCount === 4, `slotCount is ${store.slotCount}`);
  await checkSlot(store, 0, pattern(6 * SLOT, 30).subarray(0, 4 * SLOT));
  await checkCode(() => get(store, 4), "INTEGRITY");
  await checkBug(() => put(store, 4, pattern(SLOT, 1)));
});

promise("what was cut does not come back by growing", async (scene) => {
  const store = await scene.create(3);
  await put(store, 0, pattern(3 * SLOT, 31));
  await store.resize(1);
  await store.resize(3);
  const returned = await get(store, 2).catch(() => new Uint8Array(SLOT));
  const old = pattern(3 * SLOT, 31).subarray(2 * SLOT);
  check(
    returned.some((byte, index) => byte !== old[index]),
    "slot 2 has its old content",
  );
});

promise("resizing to the present size changes nothing", async (scene) => {
  const store = await scene.create(2);
  await put(store, 0, pattern(2 * SLOT, 32));
  await store.resize(2);
  await checkSlot(store, 0, pattern(2 * SLOT, 32));
});

promise("a container can be emptied and filled again", async (scene) => {
  const store = await scene.create(3);
  await put(store, 0, pattern(3 * SLOT, 33));
  await store.resize(0);
  check(store.slotCount === 0, `slotCount is ${store.slotCount}`);
  await store.resize(2);
  await put(store, 0, pattern(2 * SLOT, 34));
  await checkSlot(store, 0, pattern(2 * SLOT, 34));
});

// Life of a container.

promise("slots, header and size are there after reopening", async (scene) => {
  const store = await scene.create(5);
  await put(store, 1, pattern(3 * SLOT, 35));
  await store.writeHeader(64 * 1024, pattern(8192, 36));
  await store.flush();
  const reopened = await scene.reopen(store);
  check(reopened.slotCount === 5, `slotCount is ${reopened.slotCount}`);
  await checkSlot(reopened, 1, pattern(3 * SLOT, 35));
  checkSame(
    (await reopened.readHeader()).subarray(65536, 65536 + 8192),
    pattern(8192, 36),
    "the header",
  );
  await put(reopened, 2, pattern(SLOT, 37));
  const again = await scene.reopen(reopened, "read");
  await checkSlot(again, 2, pattern(SLOT, 37));
});

promise("a truncated size is there after reopening", async (scene) => {
  const store = await scene.create(5);
  await put(store, 0, pattern(5 * SLOT, 38));
  await store.resize(2);
  const reopened = await scene.reopen(store);
  check(reopened.slotCount === 2, `slotCount is ${reopened.slotCount}`);
  await checkCode(() => get(reopened, 2), "INTEGRITY");
});

promise("a container that was never created does not exist and cannot be opened", async (scene) => {
  const { provider } = scene.subject;
  check(!(await provider.exists(scene.name)), "it exists");
  await checkCode(() => provider.open(scene.name, "open"), "REPO_NOT_FOUND");
  await checkCode(() => provider.open(scene.name, "read"), "REPO_NOT_FOUND");
  check(!(await provider.exists(scene.name)), "opening created it");
});

promise("a container cannot be created twice, and the first stays whole", async (scene) => {
  const store = await scene.create(1);
  await put(store, 0, pattern(SLOT, 39));
  await checkCode(() => scene.subject.provider.open(scene.name, "create"), "REPO_EXISTS");
  await checkSlot(store, 0, pattern(SLOT, 39));
  await store.close();
  await checkCode(() => scene.subject.provider.open(scene.name, "create"), "REPO_EXISTS");
  await checkSlot(await scene.open("open"), 0, pattern(SLOT, 39));
});

promise(
  "exists holds from the first byte of a header copy on, also while it is open",
  async (scene) => {
    const { provider } = scene.subject;
    const store = await scene.open("create");
    await store.resize(1);
    await put(store, 0, pattern(SLOT, 40));
    await store.writeHeader(128 * 1024, pattern(4096, 41));
    for (const beside of [1, 8191, 8192, 63 * 1024, 64 * 1024 + 1, 64 * 1024 + 8191, 72 * 1024])
      await store.writeHeader(beside, new Uint8Array([1]));
    check(!(await provider.exists(scene.name)), "it exists before a header copy was written");
    for (const first of [0, 64 * 1024]) {
      await store.writeHeader(first, new Uint8Array([1]));
      check(await provider.exists(scene.name), `it does not exist with byte ${first} written`);
      await store.writeHeader(first, new Uint8Array([0]));
    }
    check(!(await provider.exists(scene.name)), "it exists with both first bytes zero again");
  },
);

promise(
  "the debris of an unfinished creation does not exist, and create replaces it",
  async (scene) => {
    const { provider } = scene.subject;
    const debris = await scene.open("create", 8192);
    await debris.resize(3);
    await put(debris, 0, pattern(3 * 8192, 42));
    await debris.writeHeader(128 * 1024, pattern(4096, 43));
    await debris.close();
    check(!(await provider.exists(scene.name)), "debris exists");
    await checkCode(() => provider.open(scene.name, "open"), "REPO_NOT_FOUND");
    await checkCode(() => provider.open(scene.name, "read"), "REPO_NOT_FOUND");
    const store = await scene.open("create");
    check(store.slotCount === 0, `slotCount is ${store.slotCount}`);
    checkSame(await store.readHeader(), new Uint8Array(HEADER_AREA_BYTES), "the header");
    await store.resize(1);
    await put(store, 0, pattern(SLOT, 44));
    await checkSlot(store, 0, pattern(SLOT, 44));
  },
);

promise(
  "a destroyed container is gone, and its name can be created anew and empty",
  async (scene) => {
    const { provider } = scene.subject;
    const store = await scene.create(2);
    await put(store, 0, pattern(2 * SLOT, 45));
    await store.close();
    await provider.destroy(scene.name);
    check(!(await provider.exists(scene.name)), "it exists");
    await checkCode(() => provider.open(scene.name, "open"), "REPO_NOT_FOUND");
    const fresh = await scene.create();
    check(fresh.slotCount === 0, `slotCount is ${fresh.slotCount}`);
  },
);

promise("destroying what is not there is REPO_NOT_FOUND", async (scene) => {
  await checkCode(() => scene.subject.provider.destroy(scene.name), "REPO_NOT_FOUND");
});

promise("destroying an open container is REPO_BUSY and harms nothing", async (scene) => {
  const { provider } = scene.subject;
  const store = await scene.create(1);
  await put(store, 0, pattern(SLOT, 46));
  await checkCode(() => provider.destroy(scene.name), "REPO_BUSY");
  await checkSlot(store, 0, pattern(SLOT, 46));
  const reader = await scene.reopen(store, "read");
  await checkCode(() => provider.destroy(scene.name), "REPO_BUSY");
  await checkSlot(reader, 0, pattern(SLOT, 46));
});

promise(
  "names that differ in case, accents or punctuation are different containers",
  async (scene) => {
    const { provider } = scene.subject;
    const names = [
      "Coffer",
      "coffer",
      "c\u00e9",
      "ce\u0301",
      "a/b",
      "a%2fb",
      "..",
      ".",
      "a\\b",
      "a b",
      "\u{1f512}",
    ];
    for (const [tag, name] of names.entries()) {
      const store = await provider.open(name, "create");
      await store.writeHeader(0, new Uint8Array([tag + 1]));
      await store.close();
    }
    for (const [tag, name] of names.entries()) {
      const store = await provider.open(name, "read");
      const found = (await store.readHeader())[0];
      await store.close();
      await provider.destroy(name);
      check(found === tag + 1, `${name} holds container ${String(found)}`);
    }
  },
);

// Read-only stores.

promise("a read-only store reads, and every change is EROFS", async (scene) => {
  const writer = await scene.create(2);
  await put(writer, 0, pattern(2 * SLOT, 47));
  const store = await scene.reopen(writer, "read");
  check(store.slotCount === 2, `slotCount is ${store.slotCount}`);
  await checkSlot(store, 0, pattern(2 * SLOT, 47));
  for (const change of changes(store)) await checkCode(change, "EROFS");
  await store.flush();
  check((await store.readHeader())[0] === 1, "the header is not readable");
  await checkSlot(store, 0, pattern(2 * SLOT, 47));
  check(store.slotCount === 2, `slotCount is ${store.slotCount} after refused changes`);
});

promise(
  "opening to read does not fence a writer",
  async (scene) => {
    const writer = await scene.create(1);
    await scene.open("read");
    await put(writer, 0, pattern(SLOT, 48));
    await checkSlot(writer, 0, pattern(SLOT, 48));
  },
  (subject) => subject.writers === "takeover",
);

// Writers.

promise(
  "a second writer fences the first, whose every change is refused and changes nothing",
  async (scene) => {
    const first = await scene.create(2);
    await put(first, 0, pattern(2 * SLOT, 49));
    const second = await scene.open("open");
    for (const change of changes(first)) await checkCode(change, "STALE_WRITER");
    await checkCode(() => first.flush(), "STALE_WRITER");
    check(second.slotCount === 2, `slotCount is ${second.slotCount}`);
    await checkSlot(second, 0, pattern(2 * SLOT, 49));
    check((await second.readHeader())[8] === 0, "the header changed");
    await put(second, 0, pattern(SLOT, 50));
    await checkSlot(second, 0, pattern(SLOT, 50));
  },
  (subject) => subject.writers === "takeover",
);

promise(
  "a fenced writer stays fenced after its successor closed",
  async (scene) => {
    const first = await scene.create(1);
    await (await scene.open("open")).close();
    await checkCode(() => put(first, 0, pattern(SLOT, 51)), "STALE_WRITER");
    const third = await scene.open("open");
    await checkCode(() => put(first, 0, pattern(SLOT, 51)), "STALE_WRITER");
    await put(third, 0, pattern(SLOT, 52));
    await checkSlot(third, 0, pattern(SLOT, 52));
  },
  (subject) => subject.writers === "takeover",
);

promise(
  "a large write of a stale writer lands in no part",
  async (scene) => {
    const first = await scene.create(600);
    await put(first, 0, pattern(600 * SLOT, 53));
    const second = await scene.open("open");
    await checkCode(() => put(first, 0, pattern(600 * SLOT, 54)), "STALE_WRITER");
    await checkSlot(second, 0, pattern(600 * SLOT, 53));
  },
  (subject) => subject.writers === "takeover",
);

promise(
  "whoever creates over the debris of one still creating fences it",
  async (scene) => {
    const first = await scene.open("create");
    const second = await scene.open("create");
    await checkCode(() => first.writeHeader(0, new Uint8Array([1])), "STALE_WRITER");
    await second.writeHeader(0, new Uint8Array([2]));
    check((await second.readHeader())[0] === 2, "the header is not the second's");
  },
  (subject) => subject.writers === "takeover",
);

promise(
  "a second writer finds the container busy, and the first goes on",
  async (scene) => {
    const first = await scene.create(1);
    await checkCode(() => scene.subject.provider.open(scene.name, "open"), "REPO_BUSY");
    await put(first, 0, pattern(SLOT, 55));
    await first.close();
    await checkSlot(await scene.open("open"), 0, pattern(SLOT, 55));
  },
  (subject) => subject.writers === "exclusive",
);

promise(
  "opening waits for a writer that is about to close",
  async (scene) => {
    const first = await scene.create(1);
    const closing = new Promise((resolve) => setTimeout(resolve, 50)).then(() => first.close());
    const second = await scene.open("open");
    await closing;
    await put(second, 0, pattern(SLOT, 56));
  },
  (subject) => subject.writers === "exclusive",
);

// Closing.

promise("after close every call is REPO_CLOSED, and closing again is fine", async (scene) => {
  const store = await scene.create(1);
  await store.close();
  await store.close();
  for (const change of changes(store)) await checkCode(change, "REPO_CLOSED");
  await checkCode(() => store.readHeader(), "REPO_CLOSED");
  await checkCode(() => get(store, 0), "REPO_CLOSED");
  await checkCode(() => store.flush(), "REPO_CLOSED");
});

promise("closing without a flush keeps what was written", async (scene) => {
  const store = await scene.create(1);
  await put(store, 0, pattern(SLOT, 57));
  await checkSlot(await scene.reopen(store), 0, pattern(SLOT, 57));
});

promise("two containers do not share anything", async (scene) => {
  const store = await scene.create(1);
  await put(store, 0, pattern(SLOT, 58));
  const other = await scene.subject.provider.open(`${scene.name} b`, "create");
  try {
    other.setSlotBytes(SLOT);
    check(other.slotCount === 0, `the other has ${other.slotCount} slots`);
    await other.resize(1);
    await put(other, 0, pattern(SLOT, 59));
    await checkSlot(store, 0, pattern(SLOT, 58));
  } finally {
    await other.close();
    await scene.subject.provider.destroy(`${scene.name} b`);
  }
});
