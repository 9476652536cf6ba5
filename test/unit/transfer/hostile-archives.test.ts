/** Archives that are made to do harm: each is refused with a typed error that names the entry, and nothing of it is there (catalogue 18, 43). */
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Repo } from "../../../src/index.js";
import { importTar, importZip } from "../../../src/transfer/index.js";
import { pax, tar, zip, type TarPart, type ZipPart } from "../../support/archives.js";
import { describeFiles, memoryRepo } from "../../support/transfer-repo.js";

let repo: Repo;

beforeEach(async () => {
  repo = await memoryRepo();
  await repo.fs.writeFile("/outside", "untouched");
  await repo.fs.mkdir("/to");
});

afterEach(async () => {
  expect(await repo.fs.readFile("/outside", "utf8")).toBe("untouched");
  expect((await repo.fs.readdir("/")).toSorted()).toEqual(["outside", "to"]);
  expect(await repo.check()).toMatchObject({ ok: true });
  await repo.close();
});

const LINK = 0o120777;
const LONG = "n".repeat(256);
const ZEROS = new Uint8Array(1_000_000);

/** After a first entry that is good and stays. */
const ZIPS: readonly [what: string, parts: ZipPart[], code: string, path?: string][] = [
  ["..", [{ name: "../outside" }], "ENTRY_REFUSED"],
  [".. in the middle", [{ name: "a/../../outside" }], "ENTRY_REFUSED"],
  ["an absolute path", [{ name: "/outside" }], "ENTRY_REFUSED"],
  ["a backslash", [{ name: "..\\outside" }], "ENTRY_REFUSED"],
  ["a backslash between names", [{ name: "a\\b" }], "ENTRY_REFUSED"],
  ["a drive", [{ name: "C:/outside" }], "ENTRY_REFUSED"],
  ["a drive's own directory", [{ name: "c:outside" }], "ENTRY_REFUSED"],
  ["a share", [{ name: "//host/share" }], "ENTRY_REFUSED"],
  ["NUL", [{ name: "a\0b" }], "ENTRY_REFUSED"],
  ["no name", [{ name: "" }], "ENTRY_REFUSED"],
  ["a dot", [{ name: "." }], "ENTRY_REFUSED"],
  ["a dot on the way", [{ name: "a/./b" }], "ENTRY_REFUSED"],
  ["an empty name on the way", [{ name: "a//b" }], "ENTRY_REFUSED"],
  [
    "bytes that are no UTF-8",
    [{ name: new Uint8Array([0x61, 0xff, 0x62]) }],
    "ENTRY_REFUSED",
    "a\ufffdb",
  ],
  ["a name of 256 bytes", [{ name: LONG }], "ENTRY_REFUSED"],
  ["a pipe", [{ name: "pipe", mode: 0o010644 }], "ENTRY_REFUSED"],
  ["a device", [{ name: "device", mode: 0o020644 }], "ENTRY_REFUSED"],
  ["a symlink up", [{ name: "l", mode: LINK, content: "../outside" }], "ENTRY_REFUSED"],
  ["a symlink to the root", [{ name: "l", mode: LINK, content: "/outside" }], "ENTRY_REFUSED"],
  ["a symlink by way of another", [{ name: "d/l", mode: LINK, content: "up/.." }], "ENTRY_REFUSED"],
  ["an endless symlink", [{ name: "l", mode: LINK, content: "x".repeat(5000) }], "ENTRY_REFUSED"],
  [
    "an entry through a symlink",
    [
      { name: "l", mode: LINK, content: "d" },
      { name: "l/outside", content: "!" },
    ],
    "ELOOP",
    "/to/l/outside",
  ],
  ["a file below a file", [{ name: "a" }, { name: "a/b" }], "ENOTDIR", "/to/a/b"],
  [
    "a file where a directory is",
    [{ name: "d/", mode: 0o40755 }, { name: "d" }],
    "EISDIR",
    "/to/d",
  ],
  [
    "an entry twice",
    [
      { name: "a", content: "1" },
      { name: "a", content: "2" },
    ],
    "EEXIST",
    "/to/a",
  ],
  ["a wrong CRC", [{ name: "a", content: "text", crc: 1 }], "ARCHIVE_DAMAGED", "a"],
  [
    "a wrong CRC, deflated",
    [{ name: "a", content: "text", crc: 1, method: "deflate" }],
    "ARCHIVE_DAMAGED",
    "a",
  ],
  [
    "more than it says",
    [{ name: "a", content: ZEROS, size: 10, method: "deflate" }],
    "ARCHIVE_DAMAGED",
    "a",
  ],
  [
    "less than it says",
    [{ name: "a", content: "text", size: 1000, method: "deflate" }],
    "ARCHIVE_DAMAGED",
    "a",
  ],
  [
    "what does not inflate",
    [{ name: "a", content: "no deflate", method: 8 }],
    "ARCHIVE_DAMAGED",
    "a",
  ],
  ["another name in its local header", [{ name: "a", localName: "b" }], "ARCHIVE_DAMAGED", "a"],
  [
    "bytes that two entries share",
    [{ name: "good", content: "good", offset: 0 }],
    "ARCHIVE_DAMAGED",
  ],
  ["an offset beyond the end", [{ name: "a", offset: 0x7fff_ffff }], "ARCHIVE_DAMAGED", "a"],
  [
    "an encrypted entry",
    [{ name: "a", content: "text", flags: 0x801 }],
    "ARCHIVE_UNSUPPORTED",
    "a",
  ],
  ["bzip2", [{ name: "a", content: "text", method: 12 }], "ARCHIVE_UNSUPPORTED", "a"],
];

describe("importZip refuses", () => {
  it.each(ZIPS)("%s", async (_, parts, code, path) => {
    const [last] = parts.slice(-1);
    const archive = zip([{ name: "good", content: "good" }, ...parts]);
    const failed = importZip(repo.fs, "/to", archive);
    await expect(failed).rejects.toMatchObject({ code, path: path ?? last?.name });
    expect(await repo.fs.readFile("/to/good", "utf8")).toBe("good");
  });

  it.each([0, 1, 10, 21, 40, 100])("an archive cut off at %i bytes from its end", async (cut) => {
    const archive = zip([
      { name: "a", content: "text" },
      { name: "b", content: "more" },
    ]);
    const bytes = archive.slice(0, Math.max(0, archive.length - 1 - cut));
    await expect(importZip(repo.fs, "/to", bytes)).rejects.toMatchObject({
      code: "ARCHIVE_DAMAGED",
    });
  });

  it("what is no zip, also as a stream", async () => {
    const bytes = new Uint8Array(3_000_000).fill(80);
    for (const source of [new Uint8Array(0), bytes, new Blob([bytes]).stream()])
      await expect(importZip(repo.fs, "/to", source)).rejects.toMatchObject({
        code: "ARCHIVE_DAMAGED",
      });
  });

  it("a bomb while it is inflated, by its ratio, by its bytes, and by its entries", async () => {
    const part = {
      name: "zeros",
      content: new Uint8Array(20 * 2 ** 20),
      method: "deflate",
    } as const;
    const bomb = zip([{ name: "good", content: "good" }, part]);
    await expect(importZip(repo.fs, "/to", bomb)).rejects.toMatchObject({
      code: "EFBIG",
      path: "zeros",
    });
    expect(await repo.fs.readdir("/to")).toEqual(["good"]);
    const few = zip(["a", "b", "c"].map((name) => ({ name, content: ZEROS, method: "deflate" })));
    const cases = [{ maxBytes: 2_500_000 }, { maxEntries: 2 }];
    for (const limit of cases)
      await expect(
        importZip(repo.fs, "/to", few, { ...limit, conflict: "overwrite" }),
      ).rejects.toMatchObject({ code: "EFBIG", path: "c" });
    expect(await repo.fs.readdir("/to")).toEqual(["a", "b", "good"]);
  }, 120_000);
});

const NEGATIVE = new Uint8Array(12).fill(0xff);
const HUGE = new Uint8Array([0x80, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0]);

const TARS: readonly [what: string, parts: TarPart[], code: string, path?: string][] = [
  ["..", [{ name: "../outside" }], "ENTRY_REFUSED"],
  ["an absolute path", [{ name: "/outside" }], "ENTRY_REFUSED"],
  ["a dot on the way", [{ name: "a/./b" }], "ENTRY_REFUSED"],
  ["backslashes that lead out", [{ name: "a\\..\\..\\outside" }], "ENTRY_REFUSED"],
  ["a drive", [{ name: "C:\\outside" }], "ENTRY_REFUSED"],
  ["bytes that are no UTF-8", [{ name: new Uint8Array([0x61, 0xff]) }], "ENTRY_REFUSED", "a\ufffd"],
  [
    "a long name that leads out",
    [pax({ path: `${"../".repeat(50)}outside` }), { name: "a" }],
    "ENTRY_REFUSED",
    `${"../".repeat(50)}outside`,
  ],
  ["NUL in a long name", [pax({ path: "a\0b" }), { name: "a" }], "ENTRY_REFUSED", "a\0b"],
  ["a device", [{ name: "device", type: "3" }], "ENTRY_REFUSED"],
  ["a block device", [{ name: "device", type: "4" }], "ENTRY_REFUSED"],
  ["a pipe", [{ name: "pipe", type: "6" }], "ENTRY_REFUSED"],
  ["a symlink up", [{ name: "l", type: "2", target: "../outside" }], "ENTRY_REFUSED"],
  ["a link up", [{ name: "l", type: "1", target: "../outside" }], "ENTRY_REFUSED"],
  ["an absolute link", [{ name: "l", type: "1", target: "/outside" }], "ENTRY_REFUSED"],
  ["a link to what is not there", [{ name: "l", type: "1", target: "nothing" }], "ENOENT", "/to/l"],
  [
    "a link through a symlink",
    [
      { name: "s", type: "2", target: "d" },
      { name: "l", type: "1", target: "s/x" },
    ],
    "ELOOP",
    "/to/l",
  ],
  [
    "an entry through a symlink",
    [
      { name: "s", type: "2", target: "d" },
      { name: "s/outside", content: "!" },
    ],
    "ELOOP",
    "/to/s/outside",
  ],
  ["an entry twice", [{ name: "a" }, { name: "a" }], "EEXIST", "/to/a"],
  ["a sparse file", [{ name: "a", type: "S", content: "text" }], "ARCHIVE_UNSUPPORTED"],
  ["a part of a volume", [{ name: "a", type: "M", content: "text" }], "ARCHIVE_UNSUPPORTED"],
  [
    "a sparse file of pax",
    [pax({ "GNU.sparse.major": "1" }), { name: "a" }],
    "ARCHIVE_UNSUPPORTED",
    "a",
  ],
  ["a wrong checksum", [{ name: "a", checksum: 5 }], "ARCHIVE_DAMAGED", "good"],
  ["a size of letters", [{ name: "a", size: "abcdefghijk" }], "ARCHIVE_DAMAGED", "good"],
  ["a negative size", [{ name: "a", size: NEGATIVE }], "ARCHIVE_DAMAGED", "good"],
  ["a size beyond all numbers", [{ name: "a", size: HUGE }], "ARCHIVE_DAMAGED", "good"],
  [
    "attributes without end",
    [{ name: "a", type: "x", size: "77777777777" }],
    "ARCHIVE_DAMAGED",
    "good",
  ],
  [
    "more content than there is",
    [{ name: "a", size: "00000010000", content: "text" }],
    "ARCHIVE_DAMAGED",
    "good",
  ],
];

describe("importTar refuses", () => {
  it.each(TARS)("%s", async (_, parts, code, path) => {
    const [last] = parts.slice(-1);
    const archive = tar([{ name: "good", content: "good" }, ...parts]);
    const failed = importTar(repo.fs, "/to", archive);
    await expect(failed).rejects.toMatchObject({ code, path: path ?? last?.name });
    expect(await repo.fs.readFile("/to/good", "utf8")).toBe("good");
    if (code.startsWith("ARCHIVE")) expect(await repo.fs.readdir("/to")).toEqual(["good"]);
  });

  it("an archive that is cut off anywhere, gzipped or not", async () => {
    const archive = tar([
      { name: "a", content: "text" },
      { name: "b", content: "more" },
    ]);
    for (const length of [1, 511, 513, 1023, 1100, 2047, archive.length - 1]) {
      const failed = importTar(repo.fs, "/to", archive.slice(0, length), { conflict: "overwrite" });
      await expect(failed).rejects.toMatchObject({ code: "ARCHIVE_DAMAGED" });
    }
    const gzipped = new Uint8Array(gzipSync(archive));
    for (const length of [3, 20, gzipped.length - 9, gzipped.length - 1]) {
      const failed = importTar(repo.fs, "/to", gzipped.slice(0, length), { conflict: "overwrite" });
      await expect(failed).rejects.toMatchObject({ code: "ARCHIVE_DAMAGED" });
    }
    for (const text of Object.values(await describeFiles(repo.fs, "/to")))
      expect(text).toMatch(/^100644 /);
  });

  it("a gzipped bomb while it is inflated", async () => {
    const content = new Uint8Array(20 * 2 ** 20);
    const bomb = new Uint8Array(gzipSync(tar([{ name: "zeros", content }])));
    const failed = importTar(repo.fs, "/to", new Blob([bomb]).stream());
    await expect(failed).rejects.toMatchObject({ code: "EFBIG", path: "zeros" });
    expect(await repo.fs.readdir("/to")).toEqual([]);
  }, 120_000);
});

describe("what is in the destination", () => {
  it("no symlink that is there is followed below it, but the destination itself may be one", async () => {
    await repo.fs.symlink("..", "/to/up");
    const archive = zip([{ name: "up/outside", content: "!" }]);
    for (const conflict of ["error", "overwrite", "skip"] as const) {
      const failed = importZip(repo.fs, "/to", archive, { conflict });
      await expect(failed).rejects.toMatchObject({ code: "ELOOP", path: "/to/up/outside" });
    }
    await importZip(repo.fs, "/to/up/to", zip([{ name: "in", content: "in" }]));
    expect(await repo.fs.readFile("/to/in", "utf8")).toBe("in");
  });

  it("a symlink or a file with another name outside is replaced, never written to", async () => {
    await repo.fs.symlink("../outside", "/to/symlink");
    await repo.fs.link("/outside", "/to/hardlink");
    const archive = zip(["symlink", "hardlink"].map((name) => ({ name, content: "new" })));
    await importZip(repo.fs, "/to", archive, { conflict: "overwrite" });
    expect(await repo.fs.readFile("/to/symlink", "utf8")).toBe("new");
    expect(await repo.fs.readFile("/to/hardlink", "utf8")).toBe("new");
    expect((await repo.fs.lstat("/to/symlink")).isSymbolicLink()).toBe(false);
  });
});
