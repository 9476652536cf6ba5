/** W8: walks the steps, asks what the worker holds after each, and draws the curves. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WorkerMemory } from "../../e2e/support/worker-memory.js";
import { scaleJson, scaleMarkdown, scalePlots, type ScaleSeries } from "../report/scale-report.js";
import type { ScaleStep } from "../scale/scale-step.js";
import type { Choices } from "./choices.js";
import type { BenchSession } from "./session.js";

const FILES = [1000, 10_000, 100_000, 1_000_000];
const MIB = 1024 * 1024;
const SIZES = [MIB, 64 * MIB, 1024 * MIB, 8 * 1024 * MIB, 64 * 1024 * MIB];

export async function runScale(
  session: BenchSession,
  { largest, isQuick }: Choices,
  results: string,
): Promise<void> {
  const page = await session.page("isolated");
  const memory = await WorkerMemory.watch(page);
  const counts = FILES.filter((files) => files <= largest);
  const walk = async (
    steps: readonly { at: number; step: ScaleStep }[],
  ): Promise<ScaleSeries["steps"]> => {
    const done = [];
    for (const { at, step } of steps) {
      console.error(`W8 ${JSON.stringify(step)}`);
      const points = await page.evaluate((wanted) => window.bench.scale(wanted), step);
      const bytes = (await memory.sample())?.liveBytes;
      done.push({
        at,
        points:
          bytes === undefined
            ? points
            : [...points, { metric: "worker memory", value: bytes, unit: "bytes" } as const],
      });
    }
    return done;
  };
  const byFiles = async (layout: "one directory" | "spread"): Promise<ScaleSeries> => ({
    name: layout,
    axis: "files",
    steps: await walk(
      counts.map((files) => ({ at: files, step: { kind: "files", layout, files } })),
    ),
  });
  const series: ScaleSeries[] = [
    await byFiles("spread"),
    await byFiles("one directory"),
    {
      name: "sparse file",
      axis: "bytes",
      steps: await walk(SIZES.map((bytes) => ({ at: bytes, step: { kind: "size", bytes } }))),
    },
  ];
  await page.evaluate(() => window.bench.scale({ kind: "end" }));
  console.log(scaleMarkdown(series));
  if (isQuick) return;
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, "scale.md"), scaleMarkdown(series));
  writeFileSync(join(results, "scale.json"), scaleJson(series));
  for (const [name, svg] of scalePlots(series)) writeFileSync(join(results, name), svg);
}
