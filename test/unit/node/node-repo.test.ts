/** `cofferfs/node`: the browser's repo on a container file, in one process. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  destroyRepo,
  exportRepo,
  importRepo,
  openRepo,
  repairRepo,
  repoExists,
  type Repo,
} from "../../../src/node/index.js";
import { openContainerFile } from "../../../src/node/open-container.js";
import * as browser from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { expectRejections } from "../../support/rejections.js";

const rawKey = new Uint8Array(32).fill(7);

let folder: string;
let path: string;
let repo: Repo;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "cofferfs-node-"));
  path = join(folder, "vault.coffer");
  repo = await openRepo(path, { rawKey, create: true });
});

afterEach(async () => {
  await repo.close().catch(() => undefined);
  rmSync(folder, { recursive: true });
});

describe("a repo in a container file", () => {
  it("has the browser's files with versions", async () => {
    const file = await repo.openFile("/f", { create: true, versionLimit: 2 });
    const part = Buffer.from("abc");
    await Promise.all([file.write(part), file.write("def"), file.finish()]);
    expect(part.toString()).toBe("abc");
    await file.writeOnce(part);
    const reader = await file.versionReader(2);
    expect(await reader.readAllString()).toBe("abcdef");
    await file.write(new Uint8Array(100_000));
    await repo.close();
    await expect(file.finish()).rejects.toMatchObject({ code: "REPO_CLOSED" });
    repo = await openRepo(path, { rawKey });
    expect(await repo.history("/f")).toMatchObject([{ size: 6 }, { size: 9 }]);
    expect(await repo.check()).toMatchObject({ ok: true });
  });

  it("has the browser's fs, check, stats and info, and is there when it is opened again", async () => {
    await repo.fs.mkdir("/a/b", { recursive: true });
    await repo.fs.writeFile("/a/b/text", "hello");
    const file = await repo.fs.open("/large", "w+");
    await file.write(new Uint8Array(2_000_000).fill(4));
    expect((await file.stat()).size).toBe(2_000_000);
    await file.close();
    const info = await repo.info();
    expect(info).toMatchObject({
      uri: pathToFileURL(path).href,
      location: pathToFileURL(path).href,
    });
    await repo.close();
    repo = await openRepo(pathToFileURL(path), { rawKey, readOnly: true });
    expect(await repo.fs.readFile("/a/b/text", "utf8")).toBe("hello");
    expect(await repo.fs.readdir("/", { recursive: true })).toEqual([
      "a",
      "large",
      "a/b",
      "a/b/text",
    ]);
    await expect(repo.fs.writeFile("/x", "x")).rejects.toMatchObject({ code: "EROFS" });
    expect(await repo.check()).toMatchObject({ ok: true, files: 2 });
    expect((await repo.stats()).generation).toBeGreaterThan(1);
    expect((await repo.info()).containerId).toBe(info.containerId);
  });

  it("is named by a path, a URL as text, or a URL, and by nothing else", async () => {
    await repo.close();
    for (const name of [path, pathToFileURL(path), pathToFileURL(path).href])
      expect(await repoExists(name)).toBe(true);
    await expect(repoExists("opfs://notes")).rejects.toMatchObject({ code: "EINVAL" });
    await expect(repoExists("")).rejects.toMatchObject({ code: "EINVAL" });
    // @ts-expect-error A number names nothing.
    await expect(repoExists(7)).rejects.toThrow(TypeError);
    await expect(openRepo(path, {})).rejects.toThrow(TypeError);
  });

  it("rejects every call after it was closed", async () => {
    const file = await repo.fs.open("/f", "w");
    await repo.close();
    expect(repo.closed).toBe(true);
    await expectRejections(
      [repo.fs.stat("/"), repo.sync(), repo.info(), repo.stats(), file.stat(), file.close()],
      { code: "REPO_CLOSED" },
    );
    await repo.close();
  });

  it("tells of changes, and asks functions of the caller's", async () => {
    const changes = repo.fs.watch("/")[Symbol.asyncIterator]();
    const first = changes.next();
    await repo.fs.mkdir("/d");
    expect((await first).value).toEqual({ eventType: "rename", filename: "d" });
    await repo.fs.writeFile("/d/keep", "x");
    await repo.fs.writeFile("/d/leave", "x");
    const filter = (from: string): boolean => !from.endsWith("leave");
    await repo.fs.cp("/d", "/e", { recursive: true, filter });
    expect(await repo.fs.readdir("/e")).toEqual(["keep"]);
    const found: string[] = [];
    for await (const path of repo.fs.glob("**/*e*", { exclude: (name) => name === "e" }))
      found.push(path);
    expect(found.sort()).toEqual(["d/keep", "d/leave"]);
    const rest = (async () => {
      while ((await changes.next()).done !== true);
    })();
    const ended = expect(rest).rejects.toMatchObject({ code: "REPO_CLOSED" });
    await repo.close();
    await ended;
  });

  it("takes buffers that are given away, and copies all others", async () => {
    const given = new Uint8Array(100_000).fill(1);
    await repo.fs.writeFile("/given", given, { transfer: true });
    expect(given.length).toBe(0);
    const kept = new Uint8Array(100_000).fill(2);
    const writing = repo.fs.writeFile("/kept", kept);
    kept.fill(9);
    await writing;
    expect((await repo.fs.readFile("/kept"))[0]).toBe(2);
    // Small Buffers share one pool, which cannot be given away.
    await repo.fs.writeFile("/pooled", Buffer.from("pooled"), { transfer: true });
    expect(await repo.fs.readFile("/pooled", "utf8")).toBe("pooled");
    const read = await repo.fs.readFile("/kept");
    read.fill(0);
    expect((await repo.fs.readFile("/kept"))[0]).toBe(2);
  });

  it("throws arguments that make no sense as rejections", async () => {
    // @ts-expect-error A path is text.
    await expect(repo.fs.stat(7)).rejects.toThrow(TypeError);
  });

  it("is busy while it is open, and gone once it is destroyed", async () => {
    await repo.fs.writeFile("/f", "x");
    await repo.close();
    const reader = await openRepo(path, { rawKey, readOnly: true });
    repo = await openRepo(path, { rawKey, readOnly: true });
    await reader.close();
    await repo.close();
    await destroyRepo(path);
    expect(await repoExists(path)).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
    await expect(openRepo(path, { rawKey })).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
    await expect(destroyRepo(path)).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
  });

  it("lets go of file and lock when the credential is wrong", async () => {
    await repo.close();
    const wrong = openRepo(path, { rawKey: new Uint8Array(32) });
    await expect(wrong).rejects.toMatchObject({ code: "UNLOCK_FAILED" });
    expect(readdirSync(folder)).toEqual(["vault.coffer"]);
  });

  it("is not opened, and not made, for a signal that is aborted", async () => {
    await repo.close();
    const signal = AbortSignal.abort(new Error("enough"));
    const fresh = join(folder, "fresh.coffer");
    await expect(openRepo(path, { rawKey, signal })).rejects.toThrow("enough");
    await expect(openRepo(fresh, { rawKey, create: true, signal })).rejects.toThrow("enough");
    const late = new AbortController();
    const opening = openRepo(fresh, { rawKey, create: true, signal: late.signal });
    late.abort(new Error("late"));
    await expect(opening).rejects.toThrow("late");
    expect(readdirSync(folder)).toEqual(["vault.coffer"]);
  });

  it("tells its listener that it was closed", async () => {
    const events: string[] = [];
    await repo.close();
    repo = await openRepo(path, { rawKey, onEvent: ({ type }) => events.push(type) });
    await repo.close();
    await Promise.resolve();
    expect(events).toEqual(["closed"]);
  });
});

describe("export and import of container files", () => {
  it("an export is the file, byte for byte, and an import the export", async () => {
    await repo.fs.writeFile("/f", new Uint8Array(500_000).fill(8));
    await repo.close();
    const copy = join(folder, "copy.coffer");
    await importRepo(copy, exportRepo(path));
    expect(readFileSync(copy).equals(readFileSync(path))).toBe(true);
    await expect(importRepo(copy, exportRepo(path))).rejects.toMatchObject({ code: "REPO_EXISTS" });
    await importRepo(copy, exportRepo(path), { overwrite: true });
    expect(readdirSync(folder).sort()).toEqual(["copy.coffer", "vault.coffer"]);
  });

  it("an open repo exports itself", async () => {
    await repo.fs.writeFile("/f", "now");
    const copy = join(folder, "copy.coffer");
    await importRepo(copy, repo.export());
    const opened = await openRepo(copy, { rawKey });
    expect(await opened.fs.readFile("/f", "utf8")).toBe("now");
    expect(await opened.check()).toMatchObject({ ok: true });
    await opened.close();
  });

  it("goes between file and browser in both directions", async () => {
    await repo.fs.writeFile("/f", "from the file");
    await repo.close();
    const { factory: worker } = fakeWorkers();
    await browser.importRepo("mem://from-file", exportRepo(path), { worker });
    const there = await browser.openRepo("mem://from-file", { rawKey, worker });
    expect(await there.fs.readFile("/f", "utf8")).toBe("from the file");
    await there.fs.writeFile("/f", "from the browser");
    await importRepo(path, there.export(), { overwrite: true });
    await there.close();
    repo = await openRepo(path, { rawKey });
    expect(await repo.fs.readFile("/f", "utf8")).toBe("from the browser");
  });

  it("a failed import leaves no file, an aborted export no lock", async () => {
    await repo.close();
    const half = readFileSync(path).subarray(0, 300_001);
    const source = new Response(half).body ?? expect.fail("a body has a stream");
    const copy = join(folder, "copy.coffer");
    await expect(importRepo(copy, source)).rejects.toMatchObject({ code: "INTEGRITY" });
    const abort = new AbortController();
    const reader = exportRepo(path, { signal: abort.signal }).getReader();
    await reader.read();
    expect(readdirSync(folder)).toHaveLength(2);
    abort.abort();
    await expect(reader.read()).rejects.toThrow();
    repo = await openRepo(path, { rawKey });
    await repo.close();
    expect(readdirSync(folder)).toEqual(["vault.coffer"]);
  });

  it.each([
    ["begins with a letter", Buffer.from("Dear reader, this is not a container.")],
    ["begins with a zero", Buffer.concat([Buffer.alloc(4), Buffer.from("ftypisom, a film")])],
    ["is zero for long", Buffer.concat([Buffer.alloc(32_768), Buffer.from("CD001, an image")])],
  ])("a file that %s and is no container is neither written over nor removed", async (_, bytes) => {
    await repo.close();
    const other = join(folder, "other");
    writeFileSync(other, bytes);
    for (const attempt of [
      () => importRepo(other, exportRepo(path)),
      () => importRepo(other, exportRepo(path), { overwrite: true }),
      () => openRepo(other, { rawKey, create: true }),
      () => openRepo(other, { rawKey, createNew: true }),
      () => destroyRepo(other),
    ])
      await expect(attempt()).rejects.toMatchObject({
        code: expect.stringMatching(/EXIST|FORMAT_UNSUPPORTED|INTEGRITY/) as string,
      });
    expect(readFileSync(other).equals(bytes)).toBe(true);
  });

  it("an empty file becomes a container", async () => {
    const empty = join(folder, "empty");
    writeFileSync(empty, "");
    await importRepo(empty, repo.export());
    expect(await repoExists(empty)).toBe(true);
  });
});

describe("keys and locking under Node", () => {
  it("changes credentials, and opens with a recovery key", async () => {
    const current = { rawKey };
    const other = { rawKey: new Uint8Array(32).fill(8) };
    await repo.keys.addRawKey(other.rawKey, { current });
    const { recoveryKey } = await repo.keys.addRecoveryKey({ current: other });
    const keep = [{ recoveryKey }];
    const { dropped } = await repo.rotateMasterKey({ current, keep });
    expect(dropped.map(({ type }) => type).sort()).toEqual(["rawKey", "rawKey"]);
    await repo.close();
    await expect(openRepo(path, { rawKey })).rejects.toMatchObject({ code: "UNLOCK_FAILED" });
    repo = await openRepo(path, { recoveryKey });
    const passkey = openRepo(path, { passkey: true });
    await expect(passkey).rejects.toMatchObject({ code: "PASSKEY_UNSUPPORTED" });
  });

  it("leaves no key in what was asked for once the repo is open", async () => {
    await repo.close();
    const { container, request } = await openContainerFile(path, { rawKey });
    await container.engine.close();
    expect(request.credential).toEqual({ rawKey: new Uint8Array(32) });
    expect(rawKey[0]).toBe(7);
    repo = await openRepo(path, { rawKey });
  });

  it("lets go of the file while it is locked", async () => {
    await repo.fs.writeFile("/f", "kept");
    await repo.lock();
    await expectRejections([repo.fs.stat("/f"), repo.sync()], { code: "REPO_LOCKED" });
    expect(readdirSync(folder)).toEqual(["vault.coffer"]);
    await expect(repo.unlock({ password: "p" })).rejects.toMatchObject({ code: "UNLOCK_FAILED" });
    await repo.unlock({ rawKey });
    expect(await repo.fs.readFile("/f", "utf8")).toBe("kept");
  });
});

describe("rollback and repair of container files", () => {
  it("8: nothing is remembered here, so an older file is noticed with an anchor alone", async () => {
    await repo.close();
    const old = readFileSync(path);
    repo = await openRepo(path, { rawKey });
    for (let i = 0; i < 8; i++) await repo.fs.writeFile("/f", `${i}`, { flush: true });
    const anchor = await repo.anchor();
    expect(anchor.containerId).toBe((await repo.info()).containerId);
    await repo.close();
    const current = readFileSync(path);
    writeFileSync(path, old);
    await expect(openRepo(path, { rawKey, anchor })).rejects.toMatchObject({ code: "ROLLBACK" });
    expect(readFileSync(path).equals(old)).toBe(true);
    expect(readdirSync(folder)).toEqual(["vault.coffer"]);
    await (await openRepo(path, { rawKey })).close();
    writeFileSync(path, current);
    repo = await openRepo(path, { rawKey, anchor });
    await repo.close();
    rmSync(path);
    const missing = openRepo(path, { rawKey, create: true, expect: anchor.containerId });
    await expect(missing).rejects.toMatchObject({ code: "REPO_MISSING" });
    expect(readdirSync(folder)).toEqual([]);
  });

  it("repairRepo writes a damaged header copy and damaged cells again", async () => {
    const { generation } = await repo.stats();
    for (let i = 0; i < 8; i++) await repo.fs.writeFile("/f", `${i}`, { flush: true });
    await repo.close();
    const whole = readFileSync(path);
    for (const cell of [0, 1, 2, 3]) {
      const damaged = Buffer.from(whole);
      damaged.fill(1, 65_536 + 900, 65_536 + 1000);
      damaged.fill(1, 131_072 + 16_384 * cell + 99, 131_072 + 16_384 * cell + 200);
      writeFileSync(path, damaged);
      const report = await repairRepo(path, { rawKey });
      expect(report).toMatchObject({ headerCopies: [1], cells: [cell] });
      expect(report.generation).toBeGreaterThan(generation);
      expect(await repairRepo(path, { rawKey })).toMatchObject({ headerCopies: [], cells: [] });
      repo = await openRepo(path, { rawKey });
      expect(await repo.fs.readFile("/f", "utf8")).toBe("7");
      await repo.close();
    }
    writeFileSync(path, whole.fill(0, 0, 65_536 + 8192));
    const hopeless = repairRepo(path, { rawKey });
    await expect(hopeless).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
    writeFileSync(path, whole.fill(1, 0, 65_536 + 8192));
    await expect(repairRepo(path, { rawKey })).rejects.toMatchObject({
      code: "FORMAT_UNSUPPORTED",
    });
    expect(readFileSync(path).equals(whole)).toBe(true);
  });
});
