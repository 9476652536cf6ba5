/**
 * The engine's worker stays small whatever it is fed: while a gibibyte is written and read in pieces of
 * a mebibyte, several at a time, what it can reach is less than 64 MiB and its caches.
 *
 * Measured is the worker that holds the repo, about three times a second: V8's heap, Blink's, and all array
 * buffers, after a garbage collection. What the collector finds is up to V8 and not held against the
 * engine; the most that was there before a collection is in the report ("highest with garbage").
 */
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

const PAGE = `<!doctype html><script type="module">
  globalThis.packageEntry = await import("/src/index.ts");
</script>`;
const MIB = 1024 * 1024;
const PIECES = 1024;
const IN_FLIGHT = 4;
/** Decoded nodes and units of content, as the engine has them by default. */
const CACHE_BYTES = (16 + 16) * MIB;
const LIMIT_BYTES = 64 * MIB + CACHE_BYTES;
const SAMPLE_MS = 300;
/** Fewer would not have seen much. */
const MIN_SAMPLES = 5;

test("the worker stays below 64 MiB and its caches while a gibibyte goes through it", async ({
  scratch,
  baseURL,
}) => {
  test.setTimeout(180_000);
  const context = await chromium.launchPersistentContext(join(scratch, "profile"));
  try {
    const page = await context.newPage();
    await page.route("**/memory.html", (route) =>
      route.fulfill({ contentType: "text/html", body: PAGE }),
    );
    const memory = await WorkerMemory.watch(page);
    await page.goto(`${String(baseURL)}/memory.html`);
    await page.waitForFunction(() => "packageEntry" in globalThis);
    for (const phase of ["write", "read"] as const) await expectSmall(memory, page, phase);
  } finally {
    await context.close();
  }
});

async function expectSmall(memory: WorkerMemory, page: Page, phase: Phase): Promise<void> {
  const { result, samples } = await sampled(memory, () => pass(page, phase));
  expect(result).toEqual({ pieces: PIECES, wrong: [] });
  expect(samples.length).toBeGreaterThanOrEqual(MIN_SAMPLES);
  const live = Math.max(...samples.map(({ liveBytes }) => liveBytes));
  const raw = Math.max(...samples.map(({ rawBytes }) => rawBytes));
  note(phase, { "highest live": live, "highest with garbage": raw });
  expect(live).toBeLessThan(LIMIT_BYTES);
}

/** Writes the whole file, or reads and compares it. */
function pass(page: Page, phase: Phase): Promise<{ pieces: number; wrong: number[] }> {
  return page.evaluate(
    async ({ phase, PIECES, IN_FLIGHT, MIB }) => {
      const fill = (words: Uint32Array, piece: number): void => {
        for (let i = 0; i < words.length; i++) words[i] = Math.imul(piece + 1, 0x9e3779b1) + i;
      };
      const rawKey = new Uint8Array(32).fill(7);
      const repo = await packageEntry.openRepo("opfs://large", { rawKey, create: true });
      const file = await repo.fs.open("/large", phase === "write" ? "w" : "r");
      const wrong: number[] = [];
      let pieces = 0;
      const queue = Array.from({ length: PIECES }, (_, piece) => piece)[Symbol.iterator]();
      const lane = async (): Promise<void> => {
        const [bytes, wanted] = [new Uint8Array(MIB), new Uint32Array(MIB / 4)];
        for (const piece of queue) {
          fill(wanted, piece);
          const position = piece * MIB;
          if (phase === "write") {
            await file.write(new Uint8Array(wanted.buffer), { position });
          } else {
            await file.read(bytes, { position });
            const found = new Uint32Array(bytes.buffer);
            if (!found.every((word, i) => word === wanted[i])) wrong.push(piece);
          }
          pieces++;
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      await file.close();
      await repo.close();
      return { pieces, wrong };
    },
    { phase, PIECES, IN_FLIGHT, MIB },
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

function note(phase: Phase, figures: Readonly<Record<string, number>>): void {
  for (const [what, bytes] of Object.entries(figures)) {
    const description = `${phase}: ${(bytes / MIB).toFixed(1)} MiB`;
    test.info().annotations.push({ type: what, description });
  }
}
