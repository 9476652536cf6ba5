/** What a SyncFs and Node's own fs must do alike. Runs in a SyncThread; whatever a scenario returns is compared. */
import type { SyncFs } from "../../../src/sync/index.js";

type Attempt = (step: () => unknown) => unknown;
export type Scenario = (fs: SyncFs, at: (path: string) => string, attempt: Attempt) => unknown;

const UMLAUT = "Grüße, 世界 🌍";

/** Without what no two file systems share. */
function shape(fs: SyncFs, path: string): unknown {
  const stats = fs.statSync(path);
  const { mode, nlink, uid, gid } = stats;
  const isDirectory = stats.isDirectory();
  return { mode, uid, gid, ...(isDirectory ? {} : { nlink, size: stats.size }) };
}

export const scenarios: Readonly<Record<string, Scenario>> = {
  "content, as bytes and as text": (fs, at) => {
    fs.writeFileSync(at("/f"), UMLAUT);
    fs.appendFileSync(at("/f"), Uint8Array.of(33));
    fs.appendFileSync(at("/f"), "21", "hex");
    return [
      fs.readFileSync(at("/f")),
      fs.readFileSync(at("/f"), "utf8"),
      fs.readFileSync(at("/f"), { encoding: "base64" }),
      fs.readFileSync(at("/f"), { encoding: "utf16le", flag: "r+" }),
    ];
  },
  "flags of writeFileSync": (fs, at, attempt) =>
    ["w", "a", "r+", "wx", "ax", "r", "as", "rs+"].map((flag) => {
      fs.rmSync(at("/f"), { force: true });
      const missing = attempt(() => {
        fs.writeFileSync(at("/f"), "ab", { flag });
      });
      fs.writeFileSync(at("/f"), "0123456789");
      const there = attempt(() => {
        fs.writeFileSync(at("/f"), "ab", { flag, flush: true });
      });
      return [flag, missing, there, fs.readFileSync(at("/f"), "utf8")];
    }),
  "reading into parts of buffers, at positions and in turn": (fs, at) => {
    fs.writeFileSync(at("/f"), "0123456789");
    const fd = fs.openSync(at("/f"));
    const buffer = new Uint8Array(8).fill(46);
    const counts = [
      fs.readSync(fd, buffer, 1, 3),
      fs.readSync(fd, buffer, { offset: 4, length: 2 }),
      fs.readSync(fd, new DataView(buffer.buffer, 6), 0, 2, 9),
      fs.readSync(fd, buffer, 0, 1, null),
      fs.readSync(fd, buffer, 0, 0, 0),
      fs.readSync(fd, new Uint8Array(4), 0, 4, 100),
    ];
    fs.closeSync(fd);
    return [counts, buffer];
  },
  "writing parts of buffers and text, at positions and in turn": (fs, at) => {
    const fd = fs.openSync(at("/f"), "w+", 0o640);
    const bytes = Uint8Array.from([65, 66, 67, 68, 69]);
    const counts = [
      fs.writeSync(fd, bytes),
      fs.writeSync(fd, bytes, 1, 2),
      fs.writeSync(fd, bytes, { offset: 3, length: 1, position: 0 }),
      fs.writeSync(fd, "öl"),
      fs.writeSync(fd, "x", 20),
      fs.writeSync(fd, "7a", null, "hex"),
    ];
    const stats = fs.fstatSync(fd);
    fs.closeSync(fd);
    return [counts, stats.size, stats.mode, fs.readFileSync(at("/f"))];
  },
  "many buffers at once": (fs, at) => {
    const fd = fs.openSync(at("/f"), "w+");
    const parts = [Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3, 4, 5)];
    const written = [fs.writevSync(fd, parts), fs.writevSync(fd, parts, 7)];
    const into = [new Uint8Array(3), new Uint8Array(4), new Uint8Array(9)];
    const read = [fs.readvSync(fd, into, 0), fs.readvSync(fd, [new Uint8Array(2)])];
    fs.closeSync(fd);
    return [written, read, into];
  },
  "an open file as a path": (fs, at) => {
    const fd = fs.openSync(at("/f"), "w+");
    fs.writeFileSync(fd, "abc");
    fs.appendFileSync(fd, "def", { flush: true });
    const rest = fs.readFileSync(fd, "utf8");
    fs.closeSync(fd);
    return [rest, fs.readFileSync(at("/f"), "utf8")];
  },
  "attributes of an open file": (fs, at) => {
    const fd = fs.openSync(at("/f"), "w");
    fs.writeSync(fd, "0123456789");
    fs.ftruncateSync(fd, 4);
    fs.fchmodSync(fd, 0o600);
    fs.futimesSync(fd, 1000, new Date(2_000_000));
    fs.fsyncSync(fd);
    fs.fdatasyncSync(fd);
    const { atimeMs, mtimeMs, mode, size } = fs.fstatSync(fd);
    fs.ftruncateSync(fd);
    fs.closeSync(fd);
    return [atimeMs, mtimeMs, mode, size, fs.statSync(at("/f")).size];
  },
  "what is not open": (fs, at, attempt) => {
    const fd = fs.openSync(at("/f"), "w");
    const read = attempt(() => fs.readSync(fd, new Uint8Array(1)));
    fs.closeSync(fd);
    const reader = fs.openSync(at("/f"), "r");
    const write = attempt(() => fs.writeSync(reader, "x"));
    const cut = attempt(() => {
      fs.ftruncateSync(reader, 1);
    });
    fs.closeSync(reader);
    return [
      read,
      write,
      cut,
      attempt(() => {
        fs.closeSync(4711);
      }),
      attempt(() => fs.readSync(4711, new Uint8Array(1))),
      attempt(() => fs.writeSync(4711, "x")),
      attempt(() => fs.fstatSync(4711)),
      attempt(() => {
        fs.ftruncateSync(4711);
      }),
      attempt(() => {
        fs.fsyncSync(4711);
      }),
      attempt(() => {
        fs.fdatasyncSync(4711);
      }),
    ];
  },
  directories: (fs, at, attempt) => {
    const made = [
      fs.mkdirSync(at("/a/b/c"), { recursive: true }),
      fs.mkdirSync(at("/a/b/c"), { recursive: true }),
    ];
    fs.mkdirSync(at("/a/d"), 0o750);
    fs.mkdirSync(at("/a/e"), { mode: "700" });
    fs.writeFileSync(at("/a/b/f"), "");
    fs.symlinkSync("b/f", at("/a/l"));
    const names = (found: readonly string[]): string[] => [...found].sort();
    return [
      made,
      names(fs.readdirSync(at("/a"))),
      names(fs.readdirSync(at("/a"), { recursive: true })),
      fs
        .readdirSync(at("/a"), { withFileTypes: true })
        .map((entry) => [
          entry.name,
          entry.isFile(),
          entry.isDirectory(),
          entry.isSymbolicLink(),
          entry.parentPath,
        ])
        .sort(),
      shape(fs, at("/a/d")),
      attempt(() => {
        fs.mkdirSync(at("/a/d"));
      }),
      attempt(() => {
        fs.mkdirSync(at("/no/d"));
      }),
      attempt(() => {
        fs.rmdirSync(at("/a"));
      }),
      attempt(() => fs.readdirSync(at("/a/b/f"))),
      fs.existsSync(at("/no")),
      attempt(() => {
        fs.rmSync(at("/no"), { force: true });
      }),
      attempt(() => {
        fs.rmSync(at("/a/l"));
      }),
      attempt(() => {
        fs.rmdirSync(at("/a/d"));
      }),
      attempt(() => {
        fs.rmSync(at("/a"), { recursive: true });
      }),
      fs.existsSync(at("/a")),
    ];
  },
  links: (fs, at, attempt) => {
    fs.writeFileSync(at("/f"), "x", { mode: 0o640 });
    fs.linkSync(at("/f"), at("/g"));
    fs.symlinkSync("f", at("/l"));
    return [
      shape(fs, at("/f")),
      fs.readlinkSync(at("/l")),
      fs.realpathSync(at("/l")),
      fs.lstatSync(at("/l")).isSymbolicLink(),
      fs.statSync(at("/l")).isFile(),
      attempt(() => fs.readlinkSync(at("/f"))),
      attempt(() => {
        fs.linkSync(at("/f"), at("/g"));
      }),
      attempt(() => {
        fs.symlinkSync("x", at("/g"));
      }),
      attempt(() => {
        fs.unlinkSync(at("/no"));
      }),
    ];
  },
  "names change": (fs, at, attempt) => {
    fs.writeFileSync(at("/f"), "x");
    fs.mkdirSync(at("/d"));
    fs.renameSync(at("/f"), at("/d/g"));
    fs.copyFileSync(at("/d/g"), at("/h"));
    return [
      fs.readFileSync(at("/h"), "utf8"),
      attempt(() => {
        fs.copyFileSync(at("/d/g"), at("/h"), fs.constants.COPYFILE_EXCL);
      }),
      attempt(() => {
        fs.renameSync(at("/no"), at("/x"));
      }),
      attempt(() => {
        fs.renameSync(at("/h"), at("/d"));
      }),
      attempt(() => {
        fs.unlinkSync(at("/h"));
      }),
    ];
  },
  attributes: (fs, at, attempt) => {
    fs.writeFileSync(at("/f"), "0123456789", { mode: 0o604 });
    fs.truncateSync(at("/f"), 3);
    const before = shape(fs, at("/f"));
    fs.chmodSync(at("/f"), "640");
    fs.utimesSync(at("/f"), 10, "20");
    fs.symlinkSync("f", at("/l"));
    fs.lutimesSync(at("/l"), 30, 40);
    const { atimeMs, mtimeMs } = fs.lstatSync(at("/l"));
    return [
      before,
      shape(fs, at("/f")),
      fs.statSync(at("/f")).mtimeMs,
      [atimeMs, mtimeMs],
      attempt(() => {
        fs.truncateSync(at("/f"));
      }),
      fs.readFileSync(at("/f"), "utf8"),
      attempt(() => {
        fs.chmodSync(at("/no"), 1);
      }),
      attempt(() => {
        fs.utimesSync(at("/no"), 1, 1);
      }),
      attempt(() => {
        fs.truncateSync(at("/no"), 1);
      }),
    ];
  },
  "what there is and what not": (fs, at, attempt) => {
    fs.writeFileSync(at("/f"), "");
    return [
      fs.existsSync(at("/f")),
      fs.existsSync(at("/no")),
      attempt(() => {
        fs.accessSync(at("/f"), fs.constants.R_OK | fs.constants.W_OK);
      }),
      attempt(() => {
        fs.accessSync(at("/no"));
      }),
      fs.statSync(at("/no"), { throwIfNoEntry: false }),
      fs.lstatSync(at("/no"), { throwIfNoEntry: false }),
      attempt(() => fs.statSync(at("/f/no"), { throwIfNoEntry: false })),
      attempt(() => fs.statSync(at("/no"))),
      attempt(() => fs.lstatSync(at("/no"), {})),
      attempt(() => fs.openSync(at("/no"))),
      attempt(() => fs.openSync(at("/f"), "wx")),
      attempt(() => fs.readFileSync(at("/no"))),
    ];
  },
  "temporary directories": (fs, at, attempt) => {
    const made = [fs.mkdtempSync(at("/t-")), fs.mkdtempSync(at("/t-"))];
    return [
      made.map((path) => [path.length - at("").length, fs.statSync(path).mode]),
      made[0] === made[1],
      attempt(() => fs.mkdtempSync(at("/no/t-")).length),
    ];
  },
  "arguments that make no sense": (fs, at, attempt) => {
    fs.writeFileSync(at("/f"), "0123456789");
    const fd = fs.openSync(at("/f"), "r+");
    const wrong = (value: unknown): never => value as never;
    const buffer = new Uint8Array(4);
    const results = [
      attempt(() => fs.readFileSync(wrong(undefined))),
      attempt(() => fs.readFileSync(at("/f"), wrong("nonsense"))),
      attempt(() => {
        fs.writeFileSync(at("/f"), wrong(7));
      }),
      attempt(() => fs.openSync(at("/f"), "nonsense")),
      attempt(() => fs.openSync(at("/f"), "r", "9")),
      attempt(() => {
        fs.closeSync(wrong("3"));
      }),
      attempt(() => fs.readSync(fd, buffer, 5, 1)),
      attempt(() => fs.readSync(fd, buffer, 1, 4)),
      attempt(() => fs.readSync(fd, wrong("x"))),
      attempt(() => fs.writeSync(fd, buffer, 0, 5)),
      attempt(() => {
        fs.chmodSync(at("/f"), wrong({}));
      }),
      attempt(() => {
        fs.utimesSync(at("/f"), wrong({}), 1);
      }),
      attempt(() => fs.mkdtempSync(wrong(1))),
    ];
    fs.closeSync(fd);
    return results;
  },
};
