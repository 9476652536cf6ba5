import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, test } from "@playwright/test";
import type { CDPSession } from "@playwright/test";
import type * as Api from "../src/index.js";
declare global { var coffer: typeof Api; }
const PAGE = `<!doctype html><script type="module">globalThis.coffer = await import("/src/index.ts");</script>`;

test("x", async () => {
  test.setTimeout(180_000);
  const profile = await mkdtemp(join(tmpdir(), "cofferfs-memory-"));
  const context = await chromium.launchPersistentContext(profile);
  const page = await context.newPage();
  await page.route("**/memory.html*", (route) => route.fulfill({ contentType: "text/html", body: PAGE }));
  const cdp = await context.newCDPSession(page);
  const sessions: string[] = [];
  cdp.on("Target.attachedToTarget", (e) => { console.log("attached", e.targetInfo.type, e.targetInfo.url); sessions.push(e.sessionId); });
  await cdp.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  let id = 0;
  const waiting = new Map<number, (r: unknown) => void>();
  cdp.on("Target.receivedMessageFromTarget", (e) => { const m = JSON.parse(e.message); waiting.get(m.id)?.(m.result ?? m); });
  const ask = (sessionId: string, method: string) => new Promise((resolve) => { const n = ++id; waiting.set(n, resolve); void cdp.send("Target.sendMessageToTarget", { sessionId, message: JSON.stringify({ id: n, method }) }); });
  await page.goto(`${String(test.info().project.use.baseURL)}/memory.html?isolated`);
  await page.waitForFunction(() => "coffer" in globalThis);
  let running = true;
  const t0 = Date.now();
  const run = page.evaluate(async () => {
    const repo = await coffer.openRepo("opfs://big", { rawKey: new Uint8Array(32).fill(3), create: true });
    const file = await repo.fs.open("/big", "w+");
    const piece = new Uint8Array(1 << 20).map((_, i) => i * 31 >> 3);
    const t = [performance.now()];
    for (let i = 0; i < 1024; i++) { piece[0] = i; piece[1] = i >> 8; await file.write(piece, 0, piece.length, i << 20); }
    t.push(performance.now());
    let bad = 0;
    const into = new Uint8Array(1 << 20);
    for (let i = 0; i < 1024; i++) { await file.read(into, 0, into.length, i << 20); if (into[0] !== (i & 255) || into[1] !== i >> 8) bad++; }
    t.push(performance.now());
    await file.close();
    await repo.close();
    return { bad, t };
  }).finally(() => { running = false; });
  while (running) {
    for (const s of sessions) console.log(Date.now() - t0, s.slice(0, 4), JSON.stringify(await Promise.race([ask(s, "Runtime.getHeapUsage"), new Promise((r) => setTimeout(r, 1000))])));
    await new Promise((r) => setTimeout(r, 300));
  }
  console.log(await run);
  await context.close();
  await rm(profile, { recursive: true, force: true });
});
