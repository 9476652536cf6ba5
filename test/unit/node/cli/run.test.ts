/** Commands in this process, on containers that a raw key opens: what a hostile container can do to who reads it. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../../../src/node/cli/run.js";
import { openRepo, type Repo } from "../../../../src/node/index.js";
import { testTerminal, type TestTerminalChoice } from "./test-terminal.js";

const rawKey = new Uint8Array(32).fill(7);

let folder: string;
let container: string;
let keyFile: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cofferfs-cli-"));
  container = join(folder, "vault.coffer");
  keyFile = join(folder, "key");
  writeFileSync(keyFile, rawKey);
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function fill(work: (repo: Repo) => Promise<void>): Promise<void> {
  const repo = await openRepo(container, { rawKey, create: true });
  await work(repo);
  await repo.close();
}

async function cli(args: string[], choice: TestTerminalChoice = {}) {
  const terminal = testTerminal(choice);
  const [command = "", ...rest] = args;
  const code = await run([command, "--key-file", keyFile, ...rest], terminal);
  return { code, stdout: terminal.printed(), stderr: terminal.shown() };
}

describe("names that steer terminals", () => {
  it("are shown with their control characters written out, and as they are in JSON", async () => {
    const name = "a\x1b[31m\n\u202egpj.exe";
    await fill((repo) => repo.fs.writeFile(`/${name}`, "x"));
    const { stdout } = await cli(["ls", container]);
    expect(stdout).toBe("a\\x1b[31m\\x0a\\u202egpj.exe\n");
    const long = await cli(["ls", "-l", container]);
    expect(long.stdout).not.toContain("\x1b");
    const json = await cli(["ls", "--json", container]);
    expect((JSON.parse(json.stdout) as { path: string }[])[0]?.path).toBe(`/${name}`);
    const missing = await cli(["cat", container, "/\x1b]0;title\x07"]);
    expect(missing.stderr).not.toContain("\x1b");
    expect(missing.code).toBe(5);
  });
});

describe("export", () => {
  it("writes nothing through a link, wherever it leads", async () => {
    const outside = join(folder, "outside");
    mkdirSync(outside);
    await fill(async (repo) => {
      await repo.fs.symlink(outside, "/a");
      await repo.fs.mkdir("/b");
      await repo.fs.writeFile("/b/f", "inside");
      await repo.fs.symlink("../../outside", "/b/up");
    });
    const target = join(folder, "plain");
    expect(await cli(["export", container, target])).toMatchObject({ code: 0 });
    expect(readdirSync(outside)).toEqual([]);
    expect(readlinkSync(join(target, "a"))).toBe(outside);
    expect(readFileSync(join(target, "b", "f"), "utf8")).toBe("inside");
  });

  it("goes into an empty folder only", async () => {
    await fill((repo) => repo.fs.writeFile("/f", "x"));
    const target = join(folder, "plain");
    mkdirSync(target);
    symlinkSync(join(folder, "key"), join(target, "f"));
    expect(await cli(["export", container, target])).toMatchObject({ code: 2 });
    expect(readFileSync(keyFile)).toEqual(Buffer.from(rawKey));
    rmSync(join(target, "f"));
    expect(await cli(["export", container, target])).toMatchObject({ code: 0 });
  });

  it("drops set-user-id bits", async () => {
    await fill(async (repo) => {
      await repo.fs.writeFile("/f", "x");
      await repo.fs.chmod("/f", 0o6755);
    });
    await cli(["export", container, join(folder, "plain")]);
    expect(lstatSync(join(folder, "plain", "f")).mode & 0o7000).toBe(0);
  });

  it("of a path that is not there makes no folder", async () => {
    await fill((repo) => repo.fs.writeFile("/f", "x"));
    const target = join(folder, "plain");
    expect(await cli(["export", container, target, "/none"])).toMatchObject({ code: 5 });
    expect(existsSync(target)).toBe(false);
  });
});

describe("get", () => {
  it("replaces no file and follows no link, unless told to", async () => {
    await fill((repo) => repo.fs.writeFile("/f", "from the vault"));
    const target = join(folder, "there");
    symlinkSync(keyFile, target);
    expect(await cli(["get", container, "/f", target])).toMatchObject({ code: 1 });
    expect(readFileSync(keyFile)).toEqual(Buffer.from(rawKey));
    expect(await cli(["get", "-f", container, "/f", target])).toMatchObject({ code: 0 });
    expect(lstatSync(target).isFile()).toBe(true);
    expect(readFileSync(target, "utf8")).toBe("from the vault");
    expect(readFileSync(keyFile)).toEqual(Buffer.from(rawKey));
  });

  it("wants -r for a directory, and a name for the root", async () => {
    await fill((repo) => repo.fs.mkdir("/d").then(() => undefined));
    expect(await cli(["get", container, "/d", join(folder, "d")])).toMatchObject({ code: 2 });
    expect(await cli(["get", "-r", container, "/", folder])).toMatchObject({ code: 2 });
  });
});

describe("put", () => {
  it("replaces a file only with -f, whole, and leaves nothing behind when it fails", async () => {
    await fill((repo) => repo.fs.writeFile("/f", "old"));
    const source = join(folder, "source");
    writeFileSync(source, "new");
    expect(await cli(["put", container, source, "/f"])).toMatchObject({ code: 1 });
    expect(await cli(["put", "-f", container, source, "/f"])).toMatchObject({ code: 0 });
    expect((await cli(["cat", container, "/f"])).stdout).toBe("new");
    expect(await cli(["put", container, join(folder, "none"), "/x"])).toMatchObject({ code: 1 });
    expect((await cli(["ls", container])).stdout).toBe("f\n");
  });

  it("that is interrupted leaves the repo as it was", async () => {
    await fill((repo) => repo.fs.writeFile("/f", "old"));
    const abort = new AbortController();
    const source = join(folder, "source");
    writeFileSync(source, new Uint8Array(3_000_000));
    const reason = new DOMException("interrupted", "AbortError");
    const terminal = testTerminal({ signal: abort.signal, isTTY: true });
    terminal.stderr.on("data", (shown: Buffer) => {
      if (shown.includes("/new")) abort.abort(reason);
    });
    const args = ["put", "--key-file", keyFile, container, source, "/new"];
    expect(await run(args, terminal)).toBe(130);
    expect((await cli(["ls", container])).stdout).toBe("f\n");
    expect(readdirSync(folder).filter((name) => name.includes(".lock"))).toEqual([]);
  });
});

describe("a recovery key", () => {
  it("opens a container, and is never an argument", async () => {
    let recoveryKey = "";
    await fill(async (repo) => {
      ({ recoveryKey } = await repo.keys.addRecoveryKey({ current: { rawKey } }));
      await repo.fs.writeFile("/f", "kept");
    });
    const cat = async (choice: TestTerminalChoice, ...options: string[]) => {
      const terminal = testTerminal(choice);
      const code = await run(["cat", ...options, container, "/f"], terminal);
      expect(terminal.shown()).not.toContain(recoveryKey);
      return [code, terminal.printed()];
    };
    const env = { PAPER: recoveryKey };
    expect(await cat({ env }, "--recovery-key-env", "PAPER")).toEqual([0, "kept"]);
    expect(await cat({ stdin: `${recoveryKey}\n` }, "--recovery-key")).toEqual([0, "kept"]);
    expect(await cat({}, "--recovery-key", recoveryKey)).toEqual([2, ""]);
    // A slip of the pen.
    const mistyped = recoveryKey.replace(/^./, (c) => (c === "0" ? "1" : "0"));
    expect(await cat({ env: { PAPER: mistyped } }, "--recovery-key-env", "PAPER")).toEqual([3, ""]);
  });
});

describe("ls", () => {
  it("shows what is known of an entry with -l", async () => {
    await fill(async (repo) => {
      await repo.fs.mkdir("/d", { mode: 0o750 });
      await repo.fs.writeFile("/d/f", "12345", { mode: 0o644 });
      await repo.fs.symlink("f", "/d/l");
      for (const path of ["/d/f", "/d"]) await repo.fs.utimes(path, 0, 1_700_000_000);
      await repo.fs.lutimes("/d/l", 0, 1_700_000_000);
    });
    const time = "2023-11-14 22:13";
    expect((await cli(["ls", "-l", container])).stdout).toBe(
      `drwxr-x---            0 ${time} d/\n`,
    );
    expect((await cli(["ls", "-l", container, "/d"])).stdout).toBe(
      `-rw-r--r--            5 ${time} f\nlrwxrwxrwx            1 ${time} l -> f\n`,
    );
    expect((await cli(["ls", container, "/d/f", "/d"])).stdout).toBe("/d/f\nf\nl\n");
  });
});
