/**
 * `npm run bench:codecs`: the tables of docs/ARCHITECTURE.md "Compression libraries" and "Content-defined chunks", on a
 * source tree that the lockfile fixes, in Node and in Chromium. `-- --rivals FOLDER` measures the other
 * libraries too, in Node (bench/codecs/rivals.mjs). Subjects take turns, and the best of each counts: what
 * else the machine does only ever adds time.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { chromium } from "@playwright/test";
import { createServer } from "vite";
import { browserArguments, ensureBrowser } from "../scripts/browser.mjs";
import { loadRivals } from "./codecs/rivals.mjs";

/**
 * @typedef {import("./codecs/measure.js").CodecSample} CodecSample
 * @typedef {import("./codecs/worker.js").CodecRequest} CodecRequest
 * @typedef {import("./codecs/worker.js").CodecAnswer} CodecAnswer
 */

const TREE = ["node_modules/webpack/lib", "node_modules/eslint/lib"];
const PIECES_KIB = [16, 32, 64, 128];
const REPETITIONS = 9;
const CUT_KIB = 64 * 1024;

const corpus = packed(TREE.flatMap(filesOf));
const rivalsAt = argv.indexOf("--rivals");
const server = await createServer({
  server: { port: 0, host: "127.0.0.1" },
  logLevel: "error",
  mode: "test",
  plugins: [
    {
      name: "bench-corpus",
      configureServer(vite) {
        vite.middlewares.use("/bench-corpus", (_, response) => {
          response.end(corpus);
        });
        vite.middlewares.use("/bench-empty", (_, response) => {
          response.setHeader("content-type", "text/html").end("<!doctype html>");
        });
      },
    },
  ],
});
await server.listen();
try {
  print("Node", await inNode());
  print("Chromium", await inChromium());
} finally {
  await server.close();
}

async function inNode() {
  const { measureCodec, measureCuts, OURS, randomContent, unpackCorpus } =
    /** @type {typeof import("./codecs/measure.js")} */ (
      await server.ssrLoadModule("/bench/codecs/measure.ts")
    );
  const folder = rivalsAt === -1 ? undefined : argv[rivalsAt + 1];
  /** @type {Record<string, import("./codecs/measure.js").Codec>} */
  const subjects = {
    lz4: await OURS.lz4(),
    zstd: await OURS.zstd(),
    ...(folder === undefined ? {} : await loadRivals(folder)),
  };
  const files = unpackCorpus(new Uint8Array(corpus).buffer);
  const random = randomContent(CUT_KIB * 1024);
  return collect(
    Object.keys(subjects),
    (subject, pieceKiB) => {
      const codec = subjects[subject];
      if (codec === undefined) throw new Error(`no subject ${subject}`);
      return measureCodec(subject, codec, files, pieceKiB);
    },
    () => measureCuts(random),
  );
}

async function inChromium() {
  const browser = await chromium.launch({
    executablePath: ensureBrowser(),
    args: browserArguments(),
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${server.resolvedUrls?.local[0] ?? ""}bench-empty`);
    const worker = await page.evaluateHandle(
      () => new Worker("/bench/codecs/worker.ts", { type: "module" }),
    );
    const ask = (/** @type {CodecRequest} */ request) =>
      worker.evaluate(
        (there, message) =>
          new Promise((/** @type {(answer: CodecAnswer) => void} */ resolve, reject) => {
            there.onmessage = (/** @type {MessageEvent<CodecAnswer>} */ { data }) => {
              resolve(data);
            };
            there.onerror = ({ message: text }) => {
              reject(new Error(text));
            };
            there.postMessage(message);
          }),
        request,
      );
    return await collect(
      ["lz4", "zstd"],
      async (subject, pieceKiB) => {
        const name = subject === "lz4" ? "lz4" : "zstd";
        return /** @type {CodecSample} */ (await ask({ subject: name, pieceKiB }));
      },
      async () => /** @type {number} */ (await ask({ subject: "cuts", pieceKiB: CUT_KIB })),
    );
  } finally {
    await browser.close();
  }
}

/**
 * @param {readonly string[]} subjects
 * @param {(subject: string, pieceKiB: number) => Promise<CodecSample>} measure
 * @param {() => Promise<number>} measureCuts
 */
async function collect(subjects, measure, measureCuts) {
  /** @type {CodecSample[]} */
  const samples = [];
  /** @type {number[]} */
  const cuts = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    for (const pieceKiB of PIECES_KIB)
      for (const subject of subjects) samples.push(await measure(subject, pieceKiB));
    cuts.push(await measureCuts());
  }
  return { subjects, samples, cuts };
}

/**
 * @param {string} where
 * @param {Awaited<ReturnType<typeof collect>>} results
 */
function print(where, { subjects, samples, cuts }) {
  console.log(`\n${where}: stored share; compress / decompress MB/s (best of ${REPETITIONS})\n`);
  console.log(`| | ${PIECES_KIB.map((kib) => `${kib} KiB`).join(" | ")} |`);
  console.log(`|---|${PIECES_KIB.map(() => "---").join("|")}|`);
  for (const subject of subjects) {
    const cells = PIECES_KIB.map((kib) => {
      const own = samples.filter((one) => one.subject === subject && one.pieceKiB === kib);
      const share = ((own[0]?.share ?? 0) * 100).toFixed(1);
      return `${share} %; ${best(own.map((one) => one.compressMBs))} / ${best(own.map((one) => one.decompressMBs))}`;
    });
    console.log(`| ${subject} | ${cells.join(" | ")} |`);
  }
  console.log(`\ncuts: ${best(cuts)} MB/s (${cuts.map((rate) => rate.toFixed(0)).join(", ")})`);
}

/** @param {readonly number[]} values */
function best(values) {
  return Math.max(...values).toFixed(0);
}

/** @param {string} folder */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => readFileSync(path));
}

/** @param {readonly Buffer[]} files */
function packed(files) {
  const lengths = Uint32Array.of(files.length, ...files.map(({ length }) => length));
  return Buffer.concat([Buffer.from(lengths.buffer), ...files]);
}
