/** What is exported comes back as it was: by archives and folders, from and to repos and Node's own file system. */
import { execFileSync } from "node:child_process";
import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Repo } from "../../../src/index.js";
import {
  exportTar,
  exportZip,
  importFs,
  importTar,
  importTree,
  importZip,
  type TreeProgress,
} from "../../../src/transfer/index.js";
import { zip } from "../../support/archives.js";
import { describeFiles, memoryRepo, noise, sha256, streamed } from "../../support/transfer-repo.js";

let repo: Repo;
let folder: string;

beforeEach(async () => {
  repo = await memoryRepo();
  folder = await nodeFs.mkdtemp(join(tmpdir(), "cofferfs-transfer-"));
});

afterEach(async () => {
  expect(await repo.check()).toMatchObject({ ok: true });
  await repo.close();
  await nodeFs.rm(folder, { recursive: true });
});

const LARGE = noise(2_500_000);

/** Names, modes, times and links of all kinds. */
async function plant(names: readonly string[]): Promise<Record<string, string>> {
  const { fs } = repo;
  await fs.mkdir("/from/empty", { recursive: true, mode: 0o700 });
  await fs.mkdir("/from/deep/er", { recursive: true });
  for (const name of names) await fs.writeFile(`/from/deep/${name}`, `content of ${name}`);
  await fs.writeFile("/from/large", LARGE, { mode: 0o600 });
  await fs.writeFile("/from/zeros", new Uint8Array(300_000));
  await fs.writeFile("/from/nothing", "", { mode: 0o755 });
  await fs.symlink("deep/er", "/from/symlink");
  await fs.symlink("../large", "/from/deep/up");
  let seconds = 1_000_000_000;
  for (const path of (await fs.readdir("/from", { recursive: true })).toSorted().toReversed())
    await fs.lutimes(`/from/${path}`, seconds, (seconds += 1.234));
  return describeFiles(fs, "/from");
}

const NAMES = [
  "plain",
  "ümlaut ☂ 🦊",
  "e\u0301",
  "\u00e9",
  "Case",
  "case",
  "n".repeat(255),
  "__proto__",
  " . ",
  "%2e%2e",
  "line\nbreak",
];

describe("a tree of files, links, modes and times", () => {
  it.each(["blob", "stream"])("goes into a zip and comes back equal, as a %s", async (kind) => {
    const tree = await plant(NAMES);
    const archive = await new Response(exportZip(repo.fs, "/from")).blob();
    const result = await importZip(repo.fs, "/back", kind === "blob" ? archive : archive.stream());
    expect(await describeFiles(repo.fs, "/back")).toEqual(tree);
    expect(result).toMatchObject({ entries: Object.keys(tree).length, skipped: 0 });
    expect((await repo.fs.readdir("/")).toSorted()).toEqual(["back", "from"]);
  });

  it.each(["plain", "gzipped"])("goes into a tar and comes back equal, %s", async (kind) => {
    const tree = await plant([...NAMES, "back\\slash", "c:olon"]);
    const plain = exportTar(repo.fs, "/from");
    const stream = kind === "plain" ? plain : plain.pipeThrough(new CompressionStream("gzip"));
    await importTar(repo.fs, "/back", stream);
    expect(await describeFiles(repo.fs, "/back")).toEqual(tree);
  });

  it("goes to Node's own files and back, and leaves nothing else there", async () => {
    const tree = await plant(NAMES);
    const { ...node } = nodeFs;
    await importFs(node, folder, repo.fs, { from: "/from" });
    const there = await describeFiles(nodeFs as never, folder);
    // Symlinks have no modes of their own there, and their times cannot be set by every fs.
    const comparable = (entries: Record<string, string>): string[] =>
      Object.entries(entries).map(([path, facts]) => {
        const [mode, time, ...rest] = facts.split(" ");
        return [
          path,
          ...(facts.includes("->") ? [] : [mode, Math.round(Number(time))]),
          ...rest,
        ].join(" ");
      });
    expect(comparable(there)).toEqual(comparable(tree));
    await importFs(repo.fs, "/back", nodeFs, { from: folder });
    expect(comparable(await describeFiles(repo.fs, "/back"))).toEqual(comparable(tree));
  });

  it("goes by zip and tar to Node's own files", async () => {
    await plant(["a"]);
    for (const [name, run] of [
      ["zip", () => importZip(nodeFs, join(folder, "zip"), exportZip(repo.fs, "/from"))],
      ["tar", () => importTar(nodeFs, join(folder, "tar"), exportTar(repo.fs, "/from"))],
    ] as const) {
      await run();
      expect(sha256(await nodeFs.readFile(join(folder, name, "large")))).toBe(sha256(LARGE));
      expect(await nodeFs.readlink(join(folder, name, "deep/up"))).toBe("../large");
      expect((await nodeFs.readdir(join(folder, name))).filter((at) => at.startsWith("."))).toEqual(
        [],
      );
    }
  });

  it("keeps hard links of a tar as links", async () => {
    await nodeFs.writeFile(join(folder, "one"), "content");
    await nodeFs.link(join(folder, "one"), join(folder, "two"));
    if (!has("tar")) return;
    const bytes = execFileSync("tar", ["-C", folder, "-cf", "-", "."]);
    await importTar(repo.fs, "/to", bytes);
    expect(await repo.fs.readFile("/to/two", "utf8")).toBe("content");
    expect((await repo.fs.stat("/to/one")).nlink).toBe(2);
  });
});

describe("other programs", () => {
  it("unzip and tar read what is exported, where they are installed", async () => {
    await plant(["plain", "ümlaut ☂"]);
    const files = { zip: exportZip(repo.fs, "/from"), tar: exportTar(repo.fs, "/from") };
    for (const [kind, stream] of Object.entries(files)) {
      const path = join(folder, `archive.${kind}`);
      await nodeFs.writeFile(path, new Uint8Array(await new Response(stream).arrayBuffer()));
      const into = join(folder, kind);
      await nodeFs.mkdir(into);
      if (kind === "zip" && has("unzip")) execFileSync("unzip", ["-q", path, "-d", into]);
      else if (kind === "tar" && has("tar")) execFileSync("tar", ["-xf", path, "-C", into]);
      else continue;
      expect(sha256(await nodeFs.readFile(join(into, "large")))).toBe(sha256(LARGE));
      expect((await nodeFs.stat(join(into, "large"))).mode & 0o777).toBe(0o600);
      expect(await nodeFs.readlink(join(into, "symlink"))).toBe("deep/er");
      const stored = (await repo.fs.stat("/from/large")).mtimeMs;
      const { mtimeMs } = await nodeFs.stat(join(into, "large"));
      expect(Math.floor(mtimeMs / 1000)).toBe(Math.floor(stored / 1000));
    }
  });

  // Minutes, for what is the library's work; reading such an archive is below.
  it.runIf(process.env["SLOW"] === "1")(
    "more than 65 535 entries make a zip64 archive, which comes back",
    async () => {
      const count = 66_000;
      let made = 0;
      const stats = (directory: boolean) => ({
        isFile: () => false,
        isDirectory: () => directory,
        isSymbolicLink: () => false,
        size: 0,
        mode: 0o755,
        mtimeMs: 1e12,
      });
      const many = {
        readdir: async (path: string) =>
          path === "/" ? Array.from({ length: count }, (_, n) => `${n}`) : [],
        lstat: async () => stats(true),
        readFile: async () => new Uint8Array(0),
        readlink: async () => "",
      };
      const archive = await new Response(exportZip(many, "/")).blob();
      const filter = (): boolean => ++made < 0;
      expect(await importZip(repo.fs, "/to", archive, { filter })).toMatchObject({ entries: 0 });
      expect(made).toBe(count);
    },
    600_000,
  );

  it("a zip64 archive of more than 65 535 entries is read, and stopped at as many as are allowed", async () => {
    const count = 66_000;
    const parts = Array.from({ length: count }, (_, n) => ({
      name: `${n}`,
      content: n === 65_999 ? "last" : "",
    }));
    const filter = (path: string): boolean => path === "65999";
    const archive = zip(parts, { zip64: true });
    expect(await importZip(repo.fs, "/to", archive, { filter })).toMatchObject({ entries: 1 });
    expect(await repo.fs.readFile("/to/65999", "utf8")).toBe("last");
    const limited = importZip(repo.fs, "/few", archive, { maxEntries: 3 });
    await expect(limited).rejects.toMatchObject({ code: "EFBIG", path: "3" });
  });
});

describe("an import or export", () => {
  it("tells how far it is, and never less than before", async () => {
    await plant(["a", "b"]);
    const told: TreeProgress[] = [];
    const onProgress = (progress: TreeProgress): void => void told.push(progress);
    const archive = await new Response(exportZip(repo.fs, "/from", { onProgress })).blob();
    const bytes = LARGE.length + 300_000 + "content of a".length * 2;
    expect(told.at(-1)).toMatchObject({ entries: 10, bytes });
    expectMonotone(told.splice(0));
    await importZip(repo.fs, "/back", archive, { onProgress });
    expect(told.at(-1)).toMatchObject({ entries: 10, bytes });
    expectMonotone(told);
  });

  it("that is given up at any entry leaves whole files only, and says how many", async () => {
    const tree = await plant(["a", "b"]);
    const archive = await new Response(exportTar(repo.fs, "/from")).blob();
    for (let stopAt = 1; stopAt <= Object.keys(tree).length; stopAt++) {
      const giveUp = new AbortController();
      const told: TreeProgress[] = [];
      let seen = 0;
      const failed = importTar(repo.fs, `/to${stopAt}`, archive, {
        signal: giveUp.signal,
        onProgress: (progress) => told.push(progress),
        filter: () => {
          if (++seen === stopAt) giveUp.abort(new Error("enough"));
          return true;
        },
      });
      await expect(failed).rejects.toThrow("enough");
      const left = await describeFiles(repo.fs, `/to${stopAt}`);
      expect(told.at(-1)?.entries).toBe(Object.keys(left).length);
      for (const [path, facts] of Object.entries(left))
        if (!path.endsWith("/")) expect([path, facts]).toEqual([path, tree[path]]);
    }
  });

  it("that is given up within a large file leaves nothing of it", async () => {
    const giveUp = new AbortController();
    const { stream } = streamed(new Uint8Array(20_000_000), 65_536);
    const failed = repo.importTree([{ path: "small" }, { path: "large", data: stream }], {
      to: "/to",
      signal: giveUp.signal,
      onProgress: ({ bytes }) => {
        if (bytes >= 3_000_000) giveUp.abort(new Error("enough"));
      },
    });
    await expect(failed).rejects.toThrow("enough");
    expect(await repo.fs.readdir("/to")).not.toContain("large");
    expect(stream.locked).toBe(false);
  });

  it("does not wait for a source that says nothing, once it is given up", async () => {
    for (const run of [importZip, importTar]) {
      const giveUp = new AbortController();
      const silent = new ReadableStream<Uint8Array>({
        pull: () => {
          giveUp.abort(new Error("enough"));
          return new Promise(() => undefined);
        },
      });
      const failed = run(repo.fs, "/to", silent, { signal: giveUp.signal });
      await expect(failed).rejects.toThrow("enough");
    }
  });

  it("takes what a source fails with as its own failure", async () => {
    const reason = new Error("the line is dead");
    for (const run of [importZip, importTar]) {
      const broken = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          controller.error(reason);
        },
      });
      await expect(run(repo.fs, "/to", broken)).rejects.toBe(reason);
    }
  });

  it("reads no further ahead of a slow destination than two batches and a piece", async () => {
    let [most, given, stored] = [0, 0, 0];
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (; given < 12_000_000; given += 65_536) {
        most = Math.max(most, given - stored);
        yield new Uint8Array(65_536);
      }
    }
    await repo.importTree([{ path: "large", data: pieces() }], {
      onProgress: ({ bytes }) => {
        stored = bytes;
      },
    });
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(3 * 2 ** 20);
  });

  it("skips or replaces what is there, as it is told", async () => {
    await importTree(repo.fs, "/to", [
      { path: "a", data: "old" },
      { path: "d", type: "directory", mode: 0o700 },
    ]);
    const entries = [
      { path: "a", data: "new" },
      { path: "b", data: "new" },
      { path: "d", type: "directory", mode: 0o755 },
    ] as const;
    await expect(importTree(repo.fs, "/to", entries)).rejects.toMatchObject({
      code: "EEXIST",
      path: "/to/a",
    });
    expect(await importTree(repo.fs, "/to", entries, { conflict: "skip" })).toMatchObject({
      entries: 2,
      skipped: 1,
    });
    expect(await repo.fs.readFile("/to/a", "utf8")).toBe("old");
    expect((await repo.fs.stat("/to/d")).mode & 0o777).toBe(0o700);
    await importTree(repo.fs, "/to", entries, { conflict: "overwrite" });
    expect(await repo.fs.readFile("/to/a", "utf8")).toBe("new");
    expect((await repo.fs.stat("/to/d")).mode & 0o777).toBe(0o755);
  });

  it("in a transaction is part of it", async () => {
    const failed = repo.transaction(async ({ fs }) => {
      await importTree(fs, "/to", [
        { path: "a", data: "a" },
        { path: "large", data: LARGE },
      ]);
      expect(await fs.readFile("/to/large")).toHaveLength(LARGE.length);
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    expect(await repo.fs.readdir("/")).toEqual([]);
    await repo.transaction(async ({ fs }) => {
      await importTree(fs, "/to", [
        { path: "a", data: "a" },
        { path: "large", data: LARGE },
      ]);
    });
    expect(sha256(await repo.fs.readFile("/to/large"))).toBe(sha256(LARGE));
  });

  it("that stops being read lets go of the files", async () => {
    await plant(["a"]);
    for (const stream of [exportZip(repo.fs, "/from"), exportTar(repo.fs, "/from")]) {
      const reader = stream.getReader();
      await reader.read();
      await reader.cancel();
    }
    const giveUp = new AbortController();
    const reader = exportZip(repo.fs, "/from", { signal: giveUp.signal }).getReader();
    await reader.read();
    giveUp.abort(new Error("enough"));
    await expect(reader.read()).rejects.toThrow("enough");
  });

  it("refuses options that are none", async () => {
    const wrong: unknown = { ratio: 3 };
    await expect(importZip(repo.fs, "/to", new Blob([]), wrong as object)).rejects.toThrow(
      TypeError,
    );
    expect(() => exportZip(repo.fs, "/", wrong as object)).toThrow(TypeError);
    const conflict: unknown = "merge";
    await expect(importTree(repo.fs, "/to", [], { conflict: conflict as "skip" })).rejects.toThrow(
      TypeError,
    );
    const source: unknown = "archive.zip";
    await expect(importZip(repo.fs, "/to", source as Blob)).rejects.toThrow(TypeError);
    for (const entry of [
      { path: 1 },
      { path: "a", type: "pipe" },
      { path: "a", data: 5 },
      { path: "l", type: "link" },
    ])
      await expect(importTree(repo.fs, "/to", [entry as never])).rejects.toThrow(TypeError);
    for (const path of ["", "/a", "../a", "a/../b", "a//b", "a\0"])
      await expect(importTree(repo.fs, "/to", [{ path }])).rejects.toMatchObject({
        code: "ENTRY_REFUSED",
        path,
      });
  });
});

function expectMonotone(told: readonly TreeProgress[]): void {
  for (let i = 1; i < told.length; i++) {
    expect(told[i]?.entries).toBeGreaterThanOrEqual(told[i - 1]?.entries ?? 0);
    expect(told[i]?.bytes).toBeGreaterThanOrEqual(told[i - 1]?.bytes ?? 0);
  }
}

/** Whether a program is installed. */
function has(program: string): boolean {
  try {
    execFileSync("which", [program]);
    return true;
  } catch {
    return false;
  }
}
