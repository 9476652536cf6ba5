/**
 * The engine's worker stays small whatever it is fed: while 5 GiB stream in through a Web stream and out through
 * another, what it can reach is less than 64 MiB and its caches. The file is longer than 2³² bytes, and every piece of it differs
 * from every other, so a byte that went to a wrong place is seen.
 *
 * Measured is the worker that holds the repo, about three times a second: V8's heap, Blink's, and all array
 * buffers, after a garbage collection. What the collector finds is up to V8 and not held against the
 * engine; the most that was there before a collection is in the report ("highest with garbage").
 */
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { chromium, expect } from "@playwright/test";
import type { Page } from "@playwright/test";
import type * as Api from "../src/index.js";
import { test } from "./support/vault-test.js";
import { WorkerMemory, type MemorySample } from "./support/worker-memory.js";

declare global {
  // The page puts it here, see PAGE.
  var packageEntry: typeof Api;
}

type Phase = "write" | "read";

interface Pass {
  readonly pieces: number;
  /** Pieces that are not what was written. */
  readonly wrong: number[];
  /** Of the file, afterwards. */
  readonly size: number;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.packageEntry = await import("/src/index.ts");
</script>`;
const MIB = 1024 * 1024;
const PIECES = 5 * 1024;
/** Decoded nodes and units of content, as the engine has them by default. */
const CACHE_BYTES = (16 + 16) * MIB;
const LIMIT_BYTES = 64 * MIB + CACHE_BYTES;
const SAMPLE_MS = 300;
/** Fewer would not have seen much. */
const MIN_SAMPLES = 5;

test("the worker stays below 64 MiB and its caches while 5 GiB stream in and out", async ({
  scratch,
  baseURL,
}) => {
  test.setTimeout(1_200_000);
  const { bavail, bsize } = await statfs(scratch);
  expect(bavail * bsize, "room on the disk").toBeGreaterThan(PIECES * MIB * 1.2);
  const context = await chromium.launchPersistentContext(join(scratch, "profile"));
  try {
    const page = await context.newPage();
    await page.route("**/memory.html", (route) =>
      route.fulfill({ contentType: "text/html", body: PAGE }),
    );
    const memory = await WorkerMemory.watch(page);
    await page.goto(`${String(baseURL)}/memory.html`);
    await page.waitForFunction(() => "packageEntry" in globalThis);
    const { quota = 0 } = await page.evaluate(() => navigator.storage.estimate());
    expect(quota, "what the browser grants").toBeGreaterThan(PIECES * MIB * 1.1);
    for (const phase of ["write", "read"] as const) await expectSmall(memory, page, phase);
  } finally {
    await context.close();
  }
});

async function expectSmall(memory: WorkerMemory, page: Page, phase: Phase): Promise<void> {
  const before = performance.now();
  const { result, samples } = await sampled(memory, () => pass(page, phase));
  const seconds = (performance.now() - before) / 1000;
  expect(result).toEqual({ pieces: PIECES, wrong: [], size: PIECES * MIB });
  expect(samples.length).toBeGreaterThanOrEqual(MIN_SAMPLES);
  const live = Math.max(...samples.map(({ liveBytes }) => liveBytes));
  const raw = Math.max(...samples.map(({ rawBytes }) => rawBytes));
  note(phase, "highest live", `${(live / MIB).toFixed(1)} MiB`);
  note(phase, "highest with garbage", `${(raw / MIB).toFixed(1)} MiB`);
  note(phase, "time", `${seconds.toFixed(1)} s`);
  expect(live).toBeLessThan(LIMIT_BYTES);
}

/** Streams the whole file in, or out, comparing it. */
function pass(page: Page, phase: Phase): Promise<Pass> {
  return page.evaluate(
    async ({ phase, PIECES, MIB }) => {
      const rawKey = new Uint8Array(32).fill(7);
      const repo = await packageEntry.openRepo("opfs://large", { rawKey, create: true });
      const wanted = new Uint32Array(MIB / 4);
      /** Words that no other piece has. */
      const fill = (piece: number): void => {
        const first = Math.imul(piece + 1, 0x9e37_79b1);
        for (let i = 0; i < wanted.length; i++) wanted[i] = first + i;
      };
      const wrong: number[] = [];
      let pieces = 0;
      if (phase === "write") {
        const source = new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              if (pieces === PIECES) {
                controller.close();
                return;
              }
              fill(pieces++);
              controller.enqueue(new Uint8Array(wanted.buffer));
            },
          },
          { highWaterMark: 0 },
        );
        const file = await repo.fs.open("/large", "w");
        await source.pipeTo(file.createWriteStream({ flush: true }));
      } else {
        const compare = (bytes: Uint8Array<ArrayBuffer>): void => {
          fill(pieces);
          const found = new Uint32Array(bytes.buffer);
          let same = found.length === wanted.length;
          for (let i = 0; same && i < found.length; i++) same = found[i] === wanted[i];
          if (!same) wrong.push(pieces);
          pieces++;
        };
        const file = await repo.fs.open("/large");
        const stream = file.createReadStream({ start: 0, highWaterMark: MIB });
        await stream.pipeTo(new WritableStream({ write: compare }));
      }
      const { size } = await repo.fs.stat("/large");
      await repo.close();
      return { pieces, wrong, size };
    },
    { phase, PIECES, MIB },
  );
}

/** Samples the worker's memory for as long as `work` runs. */
async function sampled<T>(
  memory: WorkerMemory,
  work: () => Promise<T>,
): Promise<{ result: T; samples: MemorySample[] }> {
  const samples: MemorySample[] = [];
  const running = work();
  const ended = running.then(
    () => true,
    () => true,
  );
  const pause = (): Promise<boolean> =>
    new Promise((resolve) => {
      setTimeout(resolve, SAMPLE_MS, false);
    });
  while (!(await Promise.race([ended, pause()]))) {
    // The worker may end while it is asked: then there is no answer, or an error.
    const sample = await Promise.race([memory.sample().catch(() => undefined), ended]);
    if (typeof sample === "object") samples.push(sample);
  }
  return { result: await running, samples };
}

function note(phase: Phase, what: string, figure: string): void {
  test.info().annotations.push({ type: what, description: `${phase}: ${figure}` });
  console.log(`${phase}: ${what} ${figure}`);
}
