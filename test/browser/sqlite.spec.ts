/** SQLite on a file of a repo, in a real browser: it works, locks, and survives the death of its worker. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import type * as Api from "../../src/index.js";
import type { SqliteJob } from "./sqlite-worker.js";

type Answer = { result?: unknown; failed?: string; committed?: number };

declare global {
  // The page puts them here, see PAGE.
  var sqliteApi: typeof Api;
  /** Starts a job in a worker of its own; `stop` is called with each answer, and ends it with true. */
  var sqliteJob: (
    channel: Api.SyncChannel,
    job: SqliteJob["job"],
    stop: (answer: Answer) => boolean,
  ) => Promise<Answer>;
  /** Terminates the worker of the newest job. */
  var sqliteKill: () => void;
}

const PAGE = `<!doctype html><script type="module">
  globalThis.sqliteKill = () => undefined;
  globalThis.sqliteJob = (channel, job, stop) => new Promise((resolve) => {
    const worker = new Worker("/test/browser/sqlite-worker.ts", { type: "module" });
    const settle = (answer) => {
      if (!stop(answer)) return;
      worker.terminate();
      resolve(answer);
    };
    globalThis.sqliteKill = () => worker.terminate();
    worker.onmessage = ({ data }) => settle(data);
    worker.onerror = ({ message }) => settle({ failed: message });
    const { memory, name } = channel;
    worker.postMessage({ channel: { memory, name }, job, path: "/data.db" });
  });
  globalThis.sqliteApi = await import("/src/index.ts");
</script>`;

const KEY = Array<number>(32).fill(7);
const KILLS = 50;
let profile: string;
let context: BrowserContext;
let page: Page;

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-sqlite-"));
  context = await chromium.launchPersistentContext(profile);
  page = await context.newPage();
  await page.route("**/sqlite.html", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: PAGE,
      headers: {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Embedder-Policy": "require-corp",
      },
    }),
  );
  await page.goto(`${String(test.info().project.use.baseURL)}/sqlite.html`);
  await page.waitForFunction(() => "sqliteApi" in globalThis);
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

test("SQLite's speed test completes, and leaves a sound database and a sound repo", async () => {
  test.setTimeout(300_000);
  const { answer, ok, files } = await page.evaluate(async (key) => {
    const rawKey = new Uint8Array(key);
    const repo = await sqliteApi.openRepo("opfs://speed", { rawKey, createNew: true });
    const answer = await sqliteJob(await repo.syncChannel(), "speed", () => true);
    const { ok } = await repo.check();
    const files = await repo.fs.readdir("/");
    await repo.close();
    return { answer, ok, files };
  }, KEY);
  expect(answer.failed).toBeUndefined();
  console.log(answer.result);
  expect(Object.keys(answer.result as object)).toHaveLength(23);
  expect(ok).toBe(true);
  expect(files).toEqual(["data.db"]);
});

test("connections of one worker lock each other out", async () => {
  const answer = await page.evaluate(async (key) => {
    const rawKey = new Uint8Array(key);
    const repo = await sqliteApi.openRepo("mem://locks", { rawKey, createNew: true });
    const answer = await sqliteJob(await repo.syncChannel(), "locks", () => true);
    await repo.close();
    return answer;
  }, KEY);
  expect(answer).toEqual({ result: [1, "SQLITE_BUSY", "SQLITE_BUSY", "done", 2] });
});

test(`committed transactions, whole, and no others survive ${KILLS} deaths of SQLite's worker in the middle of one`, async () => {
  test.setTimeout(600_000);
  const { failures, committed, withJournal } = await page.evaluate(
    async ({ key, kills }) => {
      const rawKey = new Uint8Array(key);
      const repo = await sqliteApi.openRepo("opfs://killed", { rawKey, createNew: true });
      const failures: unknown[] = [];
      let committed = 0;
      let withJournal = 0;
      for (let kill = 0; kill < kills; kill++) {
        const channel = await repo.syncChannel();
        let told = committed;
        let deadline = Infinity;
        const answer = sqliteJob(channel, "commitForEver", (news) => {
          told = news.committed ?? told;
          deadline = Math.min(deadline, performance.now() + ((kill * 37) % 60));
          return news.failed !== undefined;
        });
        const killed = new Promise<undefined>((resolve) => {
          const look = (): void => {
            if (performance.now() < deadline) setTimeout(look, 1);
            else resolve(undefined);
          };
          look();
        });
        const failed = await Promise.race([answer, killed]);
        if (failed !== undefined) failures.push(failed);
        sqliteKill();
        await channel.close();
        if ((await repo.fs.readdir("/")).includes("data.db-journal")) withJournal++;
        const next = await repo.syncChannel();
        const { result, failed: why } = await sqliteJob(next, "inspect", () => true);
        await next.close();
        if (why !== undefined) return { failures: [kill, why], committed, withJournal };
        const found = result as {
          integrity: string;
          committed: number;
          broken: number;
          strays: number;
        };
        // What was told is committed; one more may be, whose message the worker did not live to send.
        const counts = found.committed - told;
        const isWhole = found.integrity === "ok" && found.broken + found.strays === 0;
        if (!isWhole || counts < 0 || counts > 1) failures.push({ kill, told, found });
        committed = found.committed;
      }
      const { ok } = await repo.check();
      if (!ok) failures.push("check");
      await repo.close();
      return { failures, committed, withJournal };
    },
    { key: KEY, kills: KILLS },
  );
  console.log(`${committed} transactions; ${withJournal} of ${KILLS} deaths left a journal`);
  expect(failures).toEqual([]);
  expect(committed).toBeGreaterThan(KILLS);
  expect(withJournal).toBeGreaterThan(KILLS / 4);
});
