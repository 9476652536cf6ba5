/** The caller of the bench of synchronous calls: what each kind of call takes, seen by who waits for it. */
import { syncFs, type SyncFs } from "cofferfs/sync";
import type { SyncBenchRequest, SyncFigure } from "./messages.js";

const MIB = 1024 * 1024;
const FILE_BYTES = 8 * MIB;
const LARGE_BYTES = 64 * MIB;
const PIECE_BYTES = MIB;

self.onmessage = ({ data }: MessageEvent<SyncBenchRequest>) => {
  const fs = syncFs(data.channel);
  const content = new Uint8Array(FILE_BYTES);
  for (let at = 0; at < FILE_BYTES; at += 65_536)
    crypto.getRandomValues(content.subarray(at, at + 65_536));
  fs.writeFileSync("/bench", content, { flush: true });
  fs.readFileSync("/bench");
  const figures = [...calls(fs, data), ...throughput(fs)];
  postMessage(figures);
};

function calls(fs: SyncFs, request: SyncBenchRequest): SyncFigure[] {
  const fd = fs.openSync("/bench", "r+");
  const buffer = new Uint8Array(4096);
  const near = MIB;
  return [
    timed("readSync 4 KiB, same place", request, () => fs.readSync(fd, buffer, 0, 4096, 0)),
    timed("readSync 4 KiB, one after the other", request, (i) =>
      fs.readSync(fd, buffer, 0, 4096, (i * 4096) % near),
    ),
    timed("readSync 4 KiB, random in 8 MiB", request, (i) =>
      fs.readSync(fd, buffer, 0, 4096, (Math.imul(i, 2_654_435_761) >>> 0) % (FILE_BYTES - 4096)),
    ),
    timed("readSync 64 KiB", request, () => fs.readSync(fd, new Uint8Array(65_536), 0, 65_536, 0)),
    timed("writeSync 4 KiB", request, (i) => fs.writeSync(fd, buffer, 0, 4096, (i * 4096) % near)),
    timed("fstatSync", request, () => fs.fstatSync(fd)),
    timed("statSync", request, () => fs.statSync("/bench")),
    timed("existsSync of nothing", request, () => fs.existsSync("/nothing")),
  ];
}

function timed(
  name: string,
  { calls, pauseUs }: SyncBenchRequest,
  call: (i: number) => unknown,
): SyncFigure {
  const warmUp = calls / 10;
  const times = new Float64Array(calls);
  for (let i = -warmUp; i < calls; i++) {
    const before = performance.now();
    call(i + warmUp);
    const after = performance.now();
    if (i >= 0) times[i] = (after - before) * 1000;
    while (performance.now() < after + pauseUs / 1000);
  }
  times.sort();
  const at = (share: number): number => Math.round(times[Math.floor(calls * share)] ?? 0);
  return { name, p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

function throughput(fs: SyncFs): SyncFigure[] {
  const buffer = new Uint8Array(PIECE_BYTES);
  const fd = fs.openSync("/large", "w+");
  const write = perSecond(() => {
    for (let at = 0; at < LARGE_BYTES; at += PIECE_BYTES)
      fs.writeSync(fd, buffer, 0, PIECE_BYTES, at);
    fs.fsyncSync(fd);
  });
  const read = perSecond(() => {
    for (let at = 0; at < LARGE_BYTES; at += PIECE_BYTES)
      fs.readSync(fd, buffer, 0, PIECE_BYTES, at);
  });
  fs.closeSync(fd);
  fs.unlinkSync("/large");
  return [
    { name: "write 64 MiB in MiBs and fsync, MB/s", ...write },
    { name: "read them, MB/s", ...read },
  ];
}

function perSecond(work: () => void): Omit<SyncFigure, "name"> {
  const rates = Array.from({ length: 3 }, () => {
    const before = performance.now();
    work();
    return Math.round(LARGE_BYTES / 1000 / (performance.now() - before));
  }).sort((a, b) => a - b);
  return { p50: rates[1] ?? 0, p90: rates[0] ?? 0, p99: rates[0] ?? 0 };
}
