/** A page's worker that calls a repo synchronously: takes a channel, then jobs, and answers each. */
import SevenZip from "7z-wasm";
import {
  createSyncAccessHandle,
  emscriptenFs,
  isRepoError,
  syncFs,
  syncRoot,
  type EmscriptenRuntimeFs,
  type PostedSyncChannel,
  type SyncFileHandle,
  type SyncFs,
} from "cofferfs/sync";
import { FileObserver } from "cofferfs";

type Job = (fs: SyncFs, ...args: readonly unknown[]) => unknown;

const PAGE_BYTES = 4096;
const CALLS = 4000;

const jobs: Readonly<Record<string, Job>> = {
  /** Microseconds of the median read of a cached page. */
  latency(fs) {
    fs.writeFileSync("/page", new Uint8Array(16 * PAGE_BYTES).fill(5));
    const fd = fs.openSync("/page");
    const buffer = new Uint8Array(PAGE_BYTES);
    const times = Array.from({ length: CALLS }, (_, i) => {
      const before = performance.now();
      fs.readSync(fd, buffer, 0, PAGE_BYTES, (i % 16) * PAGE_BYTES);
      return performance.now() - before;
    }).sort((a, b) => a - b);
    fs.closeSync(fd);
    return Math.round((times[CALLS / 2] ?? 0) * 1000);
  },
  write(fs, path, size) {
    const bytes = Uint8Array.from({ length: Number(size) }, (_, i) => (i * 31) & 255);
    fs.writeFileSync(String(path), bytes, { flush: true });
    return fs.statSync(String(path)).size;
  },
  /** Until it fails; says with what. */
  callForEver(fs) {
    const fd = fs.openSync("/for-ever", "w+");
    fs.writeSync(fd, new Uint8Array(PAGE_BYTES));
    postMessage({ started: true });
    try {
      for (;;) fs.readSync(fd, new Uint8Array(PAGE_BYTES), 0, PAGE_BYTES, 0);
    } catch (error) {
      return isRepoError(error) ? error.code : String(error);
    }
  },
  accessHandle(fs) {
    fs.writeFileSync("/handle", "0123456789");
    const handle = createSyncAccessHandle(fs, "/handle");
    const two = new Uint8Array(2);
    const log: unknown[] = [];
    const text = (): string => new TextDecoder().decode(two);
    log.push(handle.read(two), text(), handle.read(two), text());
    log.push(handle.read(two, { at: 8 }), text(), handle.read(two));
    log.push(handle.write(new TextEncoder().encode("abc"), { at: 9 }), handle.getSize());
    log.push(handle.write(new Uint8Array([100]).buffer), handle.getSize());
    handle.truncate(4);
    log.push(handle.write(new Uint8Array([101])), handle.getSize());
    handle.flush();
    handle.close();
    handle.close();
    try {
      handle.getSize();
    } catch (error) {
      log.push(error instanceof DOMException ? error.name : error);
    }
    return [log, fs.readFileSync("/handle", "latin1")];
  },
  /** Handles of the standard's shape, in a worker; `theirs` is what the page has locked. */
  async rootHandles(fs, theirs) {
    const root = syncRoot(fs);
    const directory = await root.getDirectoryHandle("worker", { create: true });
    const file = (await directory.getFileHandle("db", { create: true })) as SyncFileHandle;
    const failure = (step: () => unknown): Promise<unknown> =>
      (async () => step())().then(
        () => "nothing thrown",
        (error: unknown) =>
          error instanceof Error || error instanceof DOMException ? error.name : error,
      );
    const access = await file.createSyncAccessHandle();
    const log: unknown[] = [
      access.mode,
      access.write(new TextEncoder().encode("0123456789")),
      access.getSize(),
    ];
    log.push(
      await failure(() => file.createSyncAccessHandle()),
      await failure(() => file.createSyncAccessHandle({ mode: "read-only" })),
      await failure(() => file.createWritable()),
      await failure(() => file.remove()),
      await failure(() => directory.remove({ recursive: true })),
      await failure(() => access.write(new Uint8Array(8), { at: 2 ** 53 - 1 })),
    );
    access.truncate(5);
    access.flush();
    access.close();
    access.close();
    log.push(await failure(() => access.getSize()));
    const readers = [
      await file.createSyncAccessHandle({ mode: "read-only" }),
      await file.createSyncAccessHandle({ mode: "read-only" }),
    ];
    const into = new Uint8Array(8);
    log.push(
      readers.map((reader) => reader.read(into, { at: 1 })),
      await failure(() => readers[0]?.write(into)),
      await failure(() => readers[0]?.truncate(0)),
      await failure(() => file.createSyncAccessHandle()),
      await failure(() => file.createSyncAccessHandle({ mode: "readwrite-unsafe" })),
    );
    for (const reader of readers) reader.close();
    const writable = await file.createWritable({ keepExistingData: true });
    await writable.write({ type: "write", position: 5, data: "staged" });
    log.push(await failure(() => file.createSyncAccessHandle()));
    await writable.close();
    log.push(
      await (await file.getFile()).text(),
      await root.resolve(file),
      await file.isSameEntry(
        await (await syncRoot(fs).getDirectoryHandle("worker")).getFileHandle("db"),
      ),
      await failure(() => new FileObserver(() => undefined).observe(root)),
      await failure(async () =>
        ((await root.getFileHandle(String(theirs))) as SyncFileHandle).createSyncAccessHandle(),
      ),
    );
    // Left open: it ends with the channel.
    await file.createSyncAccessHandle();
    return log;
  },
  /** Packs a directory with 7-Zip, tests the archive and unpacks it; returns what 7-Zip said. */
  async sevenZip(fs, source, target) {
    const said: string[] = [];
    const program = async () => {
      const module = await SevenZip({ print: (line) => said.push(line) });
      const FS = module.FS as unknown as EmscriptenRuntimeFs & typeof module.FS;
      FS.mkdir("/mnt");
      FS.mount(emscriptenFs(FS, fs) as unknown as typeof module.FS, { root: "/" }, "/mnt");
      FS.chdir("/mnt");
      return module;
    };
    for (const args of [
      ["a", "-mx1", "packed.7z", `./${String(source)}/*`],
      ["t", "packed.7z"],
      ["x", "packed.7z", `-o./${String(target)}`],
    ])
      (await program()).callMain(args);
    return said;
  },
  /** What an Emscripten program's own FS calls do to the repo, and what they throw. */
  async emscripten(fs) {
    const { FS } = await SevenZip();
    fs.mkdirSync("/em/sub", { recursive: true });
    fs.writeFileSync("/em/sub/f", "abc");
    FS.mkdir("/mnt");
    const runtime = FS as unknown as EmscriptenRuntimeFs;
    FS.mount(emscriptenFs(runtime, fs) as unknown as typeof FS, { root: "/em" }, "/mnt");
    const errno = (call: () => unknown): unknown => {
      try {
        call();
        return "nothing thrown";
      } catch (error) {
        return Reflect.get(error as object, "errno");
      }
    };
    const log: unknown[] = [
      FS.readdir("/mnt").sort(),
      FS.readFile("/mnt/sub/f", { encoding: "utf8" }),
      errno(() => FS.readFile("/mnt/none")),
      errno(() => {
        FS.rmdir("/mnt/sub");
      }),
      errno(() => FS.mkdir("/mnt/sub")),
    ];
    FS.writeFile("/mnt/sub/g", "first");
    const stream = FS.open("/mnt/sub/g", "a+");
    FS.write(stream, new TextEncoder().encode(" and last"), 0, 9);
    FS.llseek(stream, -4, 2);
    const tail = new Uint8Array(4);
    FS.read(stream, tail, 0, 4);
    FS.close(stream);
    FS.writeFile("/mnt/h", "old");
    FS.rename("/mnt/sub/g", "/mnt/h");
    FS.symlink("h", "/mnt/l");
    FS.chmod("/mnt/h", 0o600);
    FS.truncate("/mnt/h", 12);
    FS.utime("/mnt/h", 1_000_000, 2_000_000);
    log.push(
      new TextDecoder().decode(tail),
      FS.readFile("/mnt/h", { encoding: "utf8" }),
      FS.readlink("/mnt/l"),
      FS.stat("/mnt/l").size,
      errno(() => FS.stat("/mnt/sub/g")),
    );
    FS.unlink("/mnt/sub/f");
    FS.rmdir("/mnt/sub");
    const { mode, mtimeMs, size } = fs.statSync("/em/h");
    return [...log, fs.readdirSync("/em"), mode & 0o777, mtimeMs, size];
  },
};

let fs: SyncFs | undefined;

self.onmessage = async ({ data }: MessageEvent<PostedSyncChannel | readonly unknown[]>) => {
  try {
    if ("memory" in data) {
      fs = syncFs(data);
      return;
    }
    const [name, ...args] = data;
    const job = jobs[String(name)];
    if (fs === undefined || job === undefined) throw new Error("no channel, or no such job");
    postMessage({ result: await job(fs, ...args) });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};
