/**
 * repo.fs does what node:fs/promises does: every scenario runs on both, the real one below a temporary
 * directory, and everything that it returns or throws is compared.
 */
import { mkdtemp, rm } from "node:fs/promises";
import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openRepo, type Repo } from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";

/** What both sides have; their types differ in names only. */
type Fs = Repo["fs"];
type At = (path: string) => string;
type Scenario = (fs: Fs, at: At) => Promise<unknown>;

const TEXT = "The quick brown fox jumps over the lazy dog.";
const UMLAUT = "Grüße, 世界 🌍";

const scenarios: Record<string, Scenario> = {
  "readFile gives bytes, or text of an encoding": async (fs, at) => {
    await fs.writeFile(at("/f"), UMLAUT);
    const bytes = await fs.readFile(at("/f"));
    return [
      [...bytes],
      await fs.readFile(at("/f"), "utf8"),
      await fs.readFile(at("/f"), { encoding: "utf-8" }),
      await fs.readFile(at("/f"), "latin1"),
      await fs.readFile(at("/f"), "binary"),
      await fs.readFile(at("/f"), "ascii"),
      await fs.readFile(at("/f"), "hex"),
      await fs.readFile(at("/f"), "base64"),
      await fs.readFile(at("/f"), { encoding: "base64url" }),
      [...(await fs.readFile(at("/f"), { encoding: null }))],
    ];
  },
  "writeFile takes text of an encoding": async (fs, at) => {
    const texts = [
      ["utf8", UMLAUT],
      ["utf16le", UMLAUT],
      ["ucs2", "ab"],
      ["latin1", "Grüße"],
      ["binary", "\u00ff\u0100"],
      ["ascii", "ab"],
      ["hex", "00ffA0zz11"],
      ["hex", "0"],
      ["base64", "3q2+7w=="],
      ["base64", "3q2-7w"],
      ["base64url", "3q2-7w"],
    ] as const;
    const written = [];
    for (const [encoding, text] of texts) {
      await fs.writeFile(at("/f"), text, encoding);
      written.push([...(await fs.readFile(at("/f")))]);
    }
    return written;
  },
  "a byte order mark survives": async (fs, at) => {
    await fs.writeFile(at("/f"), "\ufeffx");
    return [await fs.readFile(at("/f"), "utf8"), (await fs.stat(at("/f"))).size];
  },
  "writeFile takes views of all kinds": async (fs, at) => {
    const buffer = Uint8Array.from({ length: 64 }, (_, i) => i).buffer;
    const views = [
      new Uint8Array(buffer, 3, 5),
      new DataView(buffer, 8, 4),
      new Uint16Array(buffer, 2, 3),
      new Float64Array(buffer, 16, 1),
      Buffer.from("pooled"),
    ];
    const written = [];
    for (const view of views) {
      await fs.writeFile(at("/f"), view);
      written.push([...(await fs.readFile(at("/f")))]);
    }
    return written;
  },
  "flags of writeFile": async (fs, at) => {
    const results = [];
    for (const flag of ["w", "a", "r+", "w+", "a+", "wx", "xw", "ax", "r", "as", "rs+"]) {
      await fs.writeFile(at("/f"), "0123456789");
      results.push([flag, await outcome(at, () => fs.writeFile(at("/f"), "ab", { flag }))]);
      results.push(await fs.readFile(at("/f"), "utf8"));
      await fs.rm(at("/f"));
      results.push([flag, await outcome(at, () => fs.writeFile(at("/f"), "ab", { flag }))]);
      await fs.rm(at("/f"), { force: true });
    }
    return results;
  },
  "numeric flags": async (fs, at) => {
    const { O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_NOFOLLOW } = fs.constants;
    await fs.writeFile(at("/f"), "abc");
    await fs.symlink("f", at("/l"));
    const results = [];
    for (const flags of [
      O_RDWR,
      O_RDWR | O_CREAT | O_EXCL,
      O_WRONLY | O_APPEND,
      O_WRONLY | O_TRUNC,
      O_WRONLY | O_CREAT,
    ])
      results.push(
        await outcome(at, async () => {
          const file = await fs.open(at("/f"), flags);
          await file.write("X");
          await file.close();
          return fs.readFile(at("/f"), "utf8");
        }),
      );
    results.push(await outcome(at, () => fs.open(at("/l"), O_NOFOLLOW)));
    return results;
  },
  "appendFile makes the file and adds to it": async (fs, at) => {
    await fs.appendFile(at("/f"), "a");
    await fs.appendFile(at("/f"), Uint8Array.of(98));
    await fs.appendFile(at("/f"), "c", { flag: undefined });
    return fs.readFile(at("/f"), "utf8");
  },
  "errors of what does not exist": async (fs, at) =>
    Promise.all([
      outcome(at, () => fs.readFile(at("/no"))),
      outcome(at, () => fs.open(at("/no"))),
      outcome(at, () => fs.writeFile(at("/no/f"), "x")),
      outcome(at, () => fs.stat(at("/no"))),
      outcome(at, () => fs.lstat(at("/no"))),
      outcome(at, () => fs.access(at("/no"))),
      outcome(at, () => fs.readdir(at("/no"))),
      outcome(at, () => fs.mkdir(at("/no/d"))),
      outcome(at, () => fs.rmdir(at("/no"))),
      outcome(at, () => fs.unlink(at("/no"))),
      outcome(at, () => fs.rename(at("/no"), at("/x"))),
      outcome(at, () => fs.link(at("/no"), at("/x"))),
      outcome(at, () => fs.symlink("x", at("/no/x"))),
      outcome(at, () => fs.readlink(at("/no"))),
      outcome(at, () => fs.truncate(at("/no"))),
      outcome(at, () => fs.utimes(at("/no"), 1, 1)),
      outcome(at, () => fs.chmod(at("/no"), 0o600)),
      outcome(at, () => fs.copyFile(at("/no"), at("/x"))),
      outcome(at, () => fs.realpath(at("/no"))),
      outcome(at, () => fs.rm(at("/no"), { force: true, recursive: true })),
    ]),
  "errors of a directory where a file is meant, and the other way round": async (fs, at) => {
    await fs.mkdir(at("/d"));
    await fs.writeFile(at("/d/f"), "x");
    await fs.writeFile(at("/f"), "x");
    return [
      await outcome(at, () => fs.writeFile(at("/d"), "x")),
      await outcome(at, () => fs.open(at("/d"), "r+")),
      await outcome(at, () => fs.readdir(at("/f"))),
      await outcome(at, () => fs.readFile(at("/f/x"))),
      await outcome(at, () => fs.mkdir(at("/d"))),
      await outcome(at, () => fs.mkdir(at("/f"), { recursive: true })),
      await outcome(at, () => fs.rmdir(at("/f"))),
      await outcome(at, () => fs.rmdir(at("/d"))),
      await outcome(at, () => fs.rename(at("/f"), at("/d"))),
      await outcome(at, () => fs.rename(at("/d"), at("/f"))),
      await outcome(at, () => fs.link(at("/f"), at("/d"))),
      await outcome(at, () => fs.symlink("x", at("/f"))),
      await outcome(at, () => fs.readlink(at("/f"))),
      await outcome(at, () => fs.copyFile(at("/f"), at("/d/f"), fs.constants.COPYFILE_EXCL)),
      await outcome(at, () => fs.truncate(at("/d"), 1)),
    ];
  },
  "reading a directory's handle": async (fs, at) => {
    await fs.mkdir(at("/d"));
    const file = await fs.open(at("/d"));
    const result = await outcome(at, () => file.read(new Uint8Array(4), 0, 4, 0));
    await file.close();
    return result;
  },
  "mkdir recursive tells the first directory that it made": async (fs, at) => [
    stripped(at, await fs.mkdir(at("/a/b/c"), { recursive: true })),
    stripped(at, await fs.mkdir(at("/a/b/c"), { recursive: true })),
    stripped(at, await fs.mkdir(at("/a/b/d/e"), { recursive: true })),
    await fs.mkdir(at("/m"), 0o700).then(() => "made"),
    (await fs.stat(at("/m"))).mode,
    (await fs.stat(at("/a/b/c"))).isDirectory(),
  ],
  "mkdir recursive below a file": async (fs, at) => {
    await fs.writeFile(at("/f"), "x");
    return (await outcome(at, () => fs.mkdir(at("/f/a/b"), { recursive: true }))).code;
  },
  "readdir lists names, entries, and everything below": async (fs, at) => {
    await fs.mkdir(at("/a/b"), { recursive: true });
    await fs.writeFile(at("/a/f"), "x");
    await fs.writeFile(at("/a/b/g"), "x");
    await fs.symlink("f", at("/a/l"));
    const plain = await fs.readdir(at("/a"));
    const entries = await fs.readdir(at("/a"), { withFileTypes: true });
    const below = await fs.readdir(at("/"), { recursive: true });
    const all = await fs.readdir(at("/a"), { recursive: true, withFileTypes: true });
    const told = [...entries, ...all].map((entry) => [
      entry.name,
      stripped(at, entry.parentPath),
      stripped(at, entry.path),
      entry.isFile(),
      entry.isDirectory(),
      entry.isSymbolicLink(),
      entry.isFIFO() || entry.isSocket() || entry.isBlockDevice() || entry.isCharacterDevice(),
    ]);
    return [plain.sort(), below.sort(), told.sort()];
  },
  "stat and lstat": async (fs, at) => {
    await fs.writeFile(at("/f"), TEXT);
    await fs.chmod(at("/f"), 0o640);
    await fs.utimes(at("/f"), 1_600_000_000, new Date(1_600_000_001_500));
    await fs.symlink("f", at("/l"));
    await fs.lutimes(at("/l"), "1500000000", 1_500_000_000.5);
    const told = [];
    for (const stats of [
      await fs.stat(at("/f")),
      await fs.stat(at("/l")),
      await fs.lstat(at("/l")),
    ]) {
      const { mode, nlink, size, mtimeMs } = stats;
      told.push({ mode, nlink, size, mtimeMs, file: stats.isFile(), link: stats.isSymbolicLink() });
      told.push([stats.mtime, stats.atime instanceof Date, stats.ctime > new Date(0)]);
    }
    return told;
  },
  "links of both kinds": async (fs, at) => {
    await fs.mkdir(at("/d"));
    await fs.writeFile(at("/d/f"), TEXT);
    await fs.link(at("/d/f"), at("/hard"));
    await fs.symlink("d/f", at("/soft"));
    await fs.symlink("loop", at("/loop"));
    await fs.unlink(at("/d/f"));
    return [
      await fs.readFile(at("/hard"), "utf8"),
      await fs.readlink(at("/soft")),
      await outcome(at, () => fs.readFile(at("/soft"))),
      await outcome(at, () => fs.readFile(at("/loop"))),
      stripped(at, await fs.realpath(at("/d/../hard"))),
      (await fs.lstat(at("/soft"))).isSymbolicLink(),
    ];
  },
  "rename replaces": async (fs, at) => {
    await fs.writeFile(at("/a"), "a");
    await fs.writeFile(at("/b"), "b");
    await fs.mkdir(at("/d/e"), { recursive: true });
    await fs.mkdir(at("/empty"));
    await fs.rename(at("/a"), at("/b"));
    await fs.rename(at("/d"), at("/empty"));
    return [
      await fs.readFile(at("/b"), "utf8"),
      await fs.readdir(at("/empty")),
      await outcome(at, () => fs.rename(at("/empty"), at("/empty/e/x"))),
    ];
  },
  "rm removes trees, and of links the link": async (fs, at) => {
    await fs.mkdir(at("/t/a/b"), { recursive: true });
    await fs.mkdir(at("/kept"));
    await fs.writeFile(at("/kept/f"), "x");
    for (let i = 0; i < 30; i++) await fs.writeFile(at(`/t/a/b/${i}`), "x");
    await fs.symlink(at("/kept"), at("/t/a/out"));
    await fs.symlink("a", at("/t/a/self"));
    await fs.rm(at("/t"), { recursive: true });
    await fs.rm(at("/kept/f"));
    return [await fs.readdir(at("/")), await fs.readdir(at("/kept"))];
  },
  "truncate cuts and fills": async (fs, at) => {
    await fs.writeFile(at("/f"), "0123456789");
    await fs.truncate(at("/f"), 4);
    const cut = await fs.readFile(at("/f"), "utf8");
    await fs.truncate(at("/f"), 6);
    const filled = [...(await fs.readFile(at("/f")))];
    await fs.truncate(at("/f"));
    return [cut, filled, (await fs.stat(at("/f"))).size];
  },
  "copyFile copies content and mode": async (fs, at) => {
    await fs.writeFile(at("/f"), TEXT);
    await fs.chmod(at("/f"), 0o750);
    await fs.copyFile(at("/f"), at("/g"));
    return [await fs.readFile(at("/g"), "utf8"), (await fs.stat(at("/g"))).mode];
  },
  "a handle reads and writes at positions and at its own": async (fs, at) => {
    const file = await fs.open(at("/f"), "w+");
    const buffer = new Uint8Array(8).fill(46);
    const told: unknown[] = [
      (await file.write("0123456789")).bytesWritten,
      (await file.write(Uint8Array.from([97, 98, 99, 100]), 1, 2, 3)).bytesWritten,
      (await file.write("é", 8, "latin1")).bytesWritten,
      (await file.write(Uint8Array.from([120, 121]), { offset: 1, position: 0 })).bytesWritten,
      (await file.read(buffer, 0, 3, 2)).bytesRead,
      [...buffer],
      (await file.read({ buffer, offset: 4, length: 2, position: 0 })).bytesRead,
      (await file.read(buffer, { position: 9 })).bytesRead,
      [...buffer],
      (await file.read(buffer, 0, 8, 10)).bytesRead,
      (await file.read(buffer)).bytesRead,
      (await file.read()).buffer.byteLength,
      (await file.stat()).size,
    ];
    await file.truncate(5);
    told.push(await fs.readFile(at("/f"), "latin1"));
    await file.close();
    return told;
  },
  "a handle's own position moves with reads and writes, and readFile goes on from it": async (
    fs,
    at,
  ) => {
    await fs.writeFile(at("/f"), TEXT);
    const file = await fs.open(at("/f"), "r+");
    const part = async (bytes: number): Promise<string> => {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, null);
      return buffer.toString("utf8", 0, bytesRead);
    };
    const told = [await part(4), await part(6)];
    await file.write("RED");
    told.push(await part(5), await file.readFile("utf8"), await file.readFile("utf8"));
    await file.close();
    return [...told, await fs.readFile(at("/f"), "utf8")];
  },
  "reads that do not wait for one another take turns": async (fs, at) => {
    await fs.writeFile(at("/f"), TEXT);
    const file = await fs.open(at("/f"));
    const reads = Array.from({ length: 12 }, () => file.read(Buffer.alloc(4)));
    const told = (await Promise.all(reads)).map(({ bytesRead, buffer }) =>
      buffer.toString("utf8", 0, bytesRead),
    );
    await file.close();
    // Each gets a part of its own. Node's threads finish in any order; ours is tested elsewhere.
    return told.sort();
  },
  "an appending handle writes at the end wherever it is told to": async (fs, at) => {
    await fs.writeFile(at("/f"), "0123");
    const file = await fs.open(at("/f"), "a+");
    await file.write("45", 0);
    await file.appendFile("67");
    await file.writeFile("89");
    const told = [
      await file.readFile("utf8"),
      (await file.read(Buffer.alloc(2), 0, 2, 4)).bytesRead,
    ];
    await file.close();
    return [...told, await fs.readFile(at("/f"), "utf8")];
  },
  "writeFile on a handle goes on from its position": async (fs, at) => {
    const file = await fs.open(at("/f"), "w");
    await file.write("abc");
    await file.writeFile("def");
    await file.close();
    return fs.readFile(at("/f"), "utf8");
  },
  "a handle outlives its name": async (fs, at) => {
    await fs.writeFile(at("/f"), TEXT);
    const file = await fs.open(at("/f"));
    await fs.unlink(at("/f"));
    const told = [await file.readFile("utf8"), (await file.stat()).nlink];
    await file.close();
    return told;
  },
  "attributes of a handle": async (fs, at) => {
    const file = await fs.open(at("/f"), "w");
    await file.chmod(0o604);
    await file.utimes(new Date(1_000_000_000_000), 1_234_567_890);
    await file.sync();
    await file.datasync();
    const { mode, mtimeMs } = await file.stat();
    await file.close();
    return [mode, mtimeMs, file.fd, await file.close().then(() => "closed again")];
  },
  "a handle that may not": async (fs, at) => {
    await fs.writeFile(at("/f"), TEXT);
    const reader = await fs.open(at("/f"), "r");
    const writer = await fs.open(at("/f"), "a");
    const told = [
      await outcome(at, () => reader.write("x")),
      await outcome(at, () => writer.read(Buffer.alloc(1), 0, 1, 0)),
      await outcome(at, () => reader.truncate(1)),
    ];
    await reader.close();
    await writer.close();
    return [...told, (await outcome(at, () => reader.read(Buffer.alloc(1), 0, 1, 0))).code];
  },
  "close waits for what was asked before": async (fs, at) => {
    const file = await fs.open(at("/f"), "w");
    const writes = [file.write("abc"), file.write("def"), file.write("X", 1)];
    await file.close();
    await Promise.all(writes);
    return fs.readFile(at("/f"), "utf8");
  },
  "sparse files": async (fs, at) => {
    const file = await fs.open(at("/f"), "w+");
    await file.write("x", 5_000_000_000);
    const { size } = await file.stat();
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 4_999_999_998);
    await file.close();
    return [size, [...buffer]];
  },
  "arguments of the wrong kind": async (fs, at) => {
    await fs.writeFile(at("/f"), TEXT);
    const file = await fs.open(at("/f"), "r+");
    const buffer = Buffer.alloc(4);
    const wrong: (() => Promise<unknown>)[] = [
      () => fs.readFile({} as never),
      () => fs.readFile(at("/f"), "klingon" as never),
      () => fs.writeFile(at("/f"), {} as never),
      () => fs.writeFile(at("/f"), 7 as never),
      () => fs.open(at("/f"), "q"),
      () => fs.open(at("/f"), "rx"),
      () => fs.chmod(at("/f"), "9"),
      () => fs.truncate(at("/f"), "1" as never),
      () => fs.utimes(at("/f"), {} as never, 0),
      () => fs.rename(at("/f"), null as never),
      () => file.read(buffer, 5),
      () => file.read(buffer, 2, 3),
      () => file.read(buffer, -1),
      () => file.write(buffer, 0, 5),
      () => file.truncate(1.5),
    ];
    const told = [];
    for (const call of wrong) told.push(await kindOf(call));
    await file.close();
    return told;
  },
  "an aborted signal": async (fs, at) => {
    await fs.writeFile(at("/f"), TEXT, { signal: new AbortController().signal });
    const aborted = AbortSignal.abort();
    const name = (error: unknown): unknown => (error instanceof Error ? error.name : error);
    return [
      await fs.readFile(at("/f"), { signal: aborted }).catch(name),
      await fs.writeFile(at("/f"), "x", { signal: aborted }).catch(name),
      await fs.readFile(at("/f"), "utf8"),
    ];
  },
};

interface SystemFields {
  readonly code?: string;
  readonly errno?: number;
  readonly syscall?: string;
  readonly path?: string;
  readonly dest?: string;
}

type Outcome = { readonly [K in keyof SystemFields]?: SystemFields[K] | undefined } & {
  readonly result?: unknown;
  readonly message?: string;
};

function isSystemError(thrown: unknown): thrown is Error & SystemFields {
  return thrown instanceof Error && "code" in thrown;
}

/** Everything that a caller can see of a result or an error, with the temporary directory cut off. */
async function outcome(at: At, call: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { result: await call() };
  } catch (thrown) {
    if (!isSystemError(thrown)) throw thrown;
    const { code, errno, syscall, path, dest } = thrown;
    const message = thrown.message.replaceAll(at(""), "");
    return { code, errno, syscall, path: stripped(at, path), dest: stripped(at, dest), message };
  }
}

async function kindOf(call: () => Promise<unknown>): Promise<unknown> {
  try {
    await call();
    return "nothing thrown";
  } catch (error) {
    return error instanceof TypeError
      ? "TypeError"
      : error instanceof RangeError
        ? "RangeError"
        : error;
  }
}

function stripped(at: At, path: string | undefined): string | undefined {
  return path
    ?.replaceAll(at(""), "")
    .replace(/(?<=.)\/$/, "")
    .replace(/^$/, "/");
}

let repo: Repo;
let directory: string;

beforeAll(async () => {
  const { factory: worker } = fakeWorkers();
  const rawKey = new Uint8Array(32).fill(7);
  repo = await openRepo("mem://like-node", { rawKey, worker, create: true });
  directory = await mkdtemp(join(tmpdir(), "cofferfs-"));
});

afterAll(async () => {
  expect((await repo.check()).ok).toBe(true);
  await repo.close();
  await rm(directory, { recursive: true });
});

it.each(Object.entries(scenarios))("%s", async (name, scenario) => {
  const folder = name.replaceAll(/\W/g, "-");
  await nodeFs.mkdir(join(directory, folder));
  await repo.fs.mkdir(`/${folder}`);
  const real = await scenario(nodeFs as unknown as Fs, (path) => join(directory, folder) + path);
  const ours = await scenario(repo.fs, (path) => `/${folder}${path}`);
  expect(ours).toEqual(real);
});
