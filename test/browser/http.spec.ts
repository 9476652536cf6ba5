/**
 * Files of a repo under ordinary addresses: a page with a repo on OPFS, a service worker that is registered as in any application, and
 * images, videos and documents that the browser loads by itself.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test, type BrowserContext, type Page } from "@playwright/test";
import type * as Api from "../../src/index.js";
import type * as Http from "../../src/http/index.js";
import type * as Webm from "./webm.js";

interface Seen {
  /** Of the service worker's script. */
  readonly run: string;
  readonly url: string;
  readonly range: string | null;
  readonly status: number;
}

declare global {
  // The page puts them here, see PAGE.
  var vaultApi: typeof Api;
  var vaultHttp: typeof Http;
  var webm: typeof Webm;
  var vaultRepo: Api.Repo;
  var fileServer: Http.FileServer;
  /** Requests that the service worker has answered. */
  var seenRequests: Seen[];
}

const PAGE = `<!doctype html><link rel="icon" href="data:,"><body><script type="module">
  globalThis.seenRequests = [];
  new BroadcastChannel("seen").onmessage = ({ data }) => seenRequests.push(data);
  globalThis.vaultApi = await import("/src/index.ts");
  globalThis.vaultHttp = await import("/src/http/index.ts");
  globalThis.webm = await import("/test/browser/webm.ts");
  const { serviceWorker } = navigator;
  const controlled = new Promise((resolve) => { serviceWorker.oncontrollerchange = resolve; });
  await serviceWorker.register("/test/browser/vault-service-worker.ts", { type: "module" });
  if (serviceWorker.controller === null) await controlled;
  globalThis.ready = true;
</script>`;
const PREFIX = "/test/browser/vault/";
const KEY = Array<number>(32).fill(7);
let profile: string;
let context: BrowserContext;
/** The page that has the repo. */
let owner: Page;

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-http-"));
  context = await chromium.launchPersistentContext(profile);
  owner = await openPage();
  await openVault(owner);
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

async function openPage(): Promise<Page> {
  const page = await context.newPage();
  await page.route("**/test/browser/http.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  await page.goto(`${String(test.info().project.use.baseURL)}/test/browser/http.html`);
  await page.waitForFunction(() => "ready" in globalThis);
  return page;
}

/** A repo with a picture in it, served. */
async function openVault(page: Page): Promise<void> {
  await page.evaluate(
    async ({ key, prefix }) => {
      const rawKey = new Uint8Array(key);
      globalThis.vaultRepo = await vaultApi.openRepo("opfs://http", { rawKey, create: true });
      const canvas = new OffscreenCanvas(40, 30);
      canvas.getContext("2d")?.fillRect(0, 0, 40, 30);
      const picture = await canvas.convertToBlob({ type: "image/png" });
      await vaultRepo.fs.writeFile("/Katze ü%2e.png", await picture.arrayBuffer());
      globalThis.fileServer = vaultHttp.serveFiles(vaultRepo, { prefix });
    },
    { key: KEY, prefix: PREFIX },
  );
}

/** Loads an image on a page: its width, or what went wrong. */
function imageWidth(page: Page, address: string): Promise<number | string> {
  return page.evaluate(async (src) => {
    const image = new Image();
    image.src = src;
    try {
      await image.decode();
      return image.naturalWidth;
    } catch (error) {
      return String(error);
    }
  }, address);
}

const PICTURE = `${PREFIX}${encodeURIComponent("Katze ü%2e.png")}`;

/** The service worker as the browser leaves it when it has ended it for want of work. */
async function endServiceWorkers(page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
  await session.detach();
}

test("an image element shows a picture of the vault, also on a page that has not opened it", async () => {
  expect(await imageWidth(owner, PICTURE)).toBe(40);
  const other = await openPage();
  expect(await imageWidth(other, PICTURE)).toBe(40);
  await other.close();
});

test("the browser may end the service worker between any two requests", async () => {
  const runs = new Set<string | undefined>();
  for (let turn = 0; turn < 3; turn++) {
    await endServiceWorkers(owner);
    const address = `${PICTURE}?turn=${turn}`;
    expect(await imageWidth(owner, address)).toBe(40);
    const run = await owner.waitForFunction(
      (end) => seenRequests.find(({ url }) => url.endsWith(end))?.run,
      address,
    );
    runs.add(await run.jsonValue());
  }
  expect(runs.size).toBe(3);
});

test("a video plays, and seeks by asking for another part of the file", async () => {
  const shape = { width: 64, height: 48, seconds: 12, paddingBytes: 1_500_000 };
  const found = await owner.evaluate(
    async ({ shape, prefix }) => {
      const bytes = await webm.makeVideo(shape);
      await vaultRepo.fs.writeFile("/film.webm", bytes);
      const video = document.createElement("video");
      video.muted = true;
      video.preload = "metadata";
      video.src = `${prefix}film.webm`;
      const failed = new Promise<never>((_, reject) => {
        video.onerror = () => {
          reject(new Error(video.error?.message));
        };
      });
      const event = (name: string): Promise<unknown> =>
        Promise.race([
          failed,
          new Promise((resolve) => {
            video.addEventListener(name, resolve, { once: true });
          }),
        ]);
      const loaded = event("loadeddata");
      document.body.append(video);
      await loaded;
      const { duration, seekable, videoWidth } = video;
      const range = [seekable.length, seekable.start(0), seekable.end(0)];
      const colorAt = async (seconds: number): Promise<number[]> => {
        const seeked = event("seeked");
        video.currentTime = seconds;
        await seeked;
        const canvas = new OffscreenCanvas(1, 1);
        const context = canvas.getContext("2d");
        context?.drawImage(video, 0, 0, 1, 1);
        return [...(context?.getImageData(0, 0, 1, 1).data ?? [])].slice(0, 3);
      };
      const colors = [await colorAt(11.5), await colorAt(3.5)];
      const { currentTime } = video;
      const played = event("timeupdate");
      await video.play();
      await played;
      video.remove();
      video.src = "";
      return { duration, range, videoWidth, colors, currentTime, size: bytes.length };
    },
    { shape, prefix: PREFIX },
  );
  expect(found.size).toBeGreaterThan(15_000_000);
  expect(found).toMatchObject({ duration: 12, range: [1, 0, 12], videoWidth: 64 });
  expect(found.currentTime).toBe(3.5);
  expect(found.colors[0], "another frame").not.toEqual(found.colors[1]);
  const requests = await owner.evaluate(() =>
    seenRequests.filter(({ url }) => url.endsWith("film.webm")),
  );
  expect(new Set(requests.map(({ status }) => status))).toEqual(new Set([206]));
  const starts = requests.map(({ range }) => Number(/^bytes=(\d+)-/.exec(range ?? "")?.[1]));
  expect(Math.max(...starts), "a part near the end").toBeGreaterThan(10_000_000);
});

test("a document of the vault runs no script and has no origin, and neither is it a script", async () => {
  const found = await owner.evaluate(async (prefix) => {
    const attack = "parent.postMessage(String(globalThis.origin), '*'); globalThis.attacked = true";
    await vaultRepo.fs.writeFile("/evil.html", `<p>text<script>${attack}</script>`);
    await vaultRepo.fs.writeFile(
      "/evil.svg",
      `<svg xmlns="http://www.w3.org/2000/svg"><script>${attack}</script></svg>`,
    );
    await vaultRepo.fs.writeFile("/evil.js", "globalThis.attacked = true");
    const heard: unknown[] = [];
    globalThis.addEventListener("message", ({ data }) => heard.push(data));
    const reached: boolean[] = [];
    for (const name of ["evil.html", "evil.svg"]) {
      const frame = document.createElement("iframe");
      const loaded = new Promise((resolve) => {
        frame.onload = resolve;
      });
      frame.src = prefix + name;
      document.body.append(frame);
      await loaded;
      // Of another origin there is no document to get at.
      reached.push(frame.contentDocument !== null);
      frame.remove();
    }
    const script = document.createElement("script");
    const refused = new Promise((resolve) => {
      script.onerror = () => {
        resolve("refused");
      };
      script.onload = () => {
        resolve("loaded");
      };
    });
    script.src = `${prefix}evil.js`;
    document.body.append(script);
    return { script: await refused, heard, reached, attacked: "attacked" in globalThis };
  }, PREFIX);
  expect(found).toEqual({ script: "refused", heard: [], reached: [false, false], attacked: false });
});

test("what is not there, what leads out of the prefix, and what cannot be asked is answered so", async () => {
  const statuses = await owner.evaluate(async (prefix) => {
    const statusOf = async (address: string, init?: RequestInit): Promise<number> =>
      (await fetch(address, init)).status;
    return [
      await statusOf(`${prefix}none`),
      await statusOf(`${prefix}%2e%2e%2fsecret`),
      await statusOf(`${prefix}a%00b`),
      await statusOf(`${prefix}%ff`),
      await statusOf(`${prefix}none`, { method: "POST", body: "x" }),
      await statusOf(`${prefix}film.webm`, { headers: { Range: "bytes=99999999-" } }),
    ];
  }, PREFIX);
  expect(statuses).toEqual([404, 404, 404, 404, 405, 416]);
});

test("a large file streams while it is read, and is closed when the reader leaves", async () => {
  const SIZE = 32 * 1024 * 1024;
  const found = await owner.evaluate(async (SIZE) => {
    const part = new Uint8Array(SIZE / 8).map((_, i) => i * 31 + (i >> 8));
    const file = await vaultRepo.fs.open("/large", "w");
    for (let i = 0; i < 8; i++) await file.write(part);
    await file.close();
    const [reads, open] = [{ count: 0 }, { count: 0 }];
    const counting: Http.ResponseFs = {
      stat: (path) => vaultRepo.fs.stat(path),
      async open(path, flags) {
        const handle = await vaultRepo.fs.open(path, flags);
        open.count++;
        return {
          stat: () => handle.stat(),
          read(buffer, offset, length, position) {
            reads.count++;
            return handle.read(buffer, offset, length, position);
          },
          async close() {
            open.count--;
            await handle.close();
          },
        };
      },
    };
    const server = vaultHttp.serveFiles(counting, { prefix: "/test/browser/counted/" });
    const whole = new Uint8Array(await (await fetch("/test/browser/counted/large")).arrayBuffer());
    const same = whole.length === SIZE && whole.every((byte, i) => byte === part[i % part.length]);
    const all = reads.count;
    reads.count = 0;
    const { body } = await fetch("/test/browser/counted/large");
    const reader = body?.getReader();
    await reader?.read();
    // What the browser keeps in its own pipes is up to it; it is not the file.
    let before = -1;
    while (before !== reads.count) {
      before = reads.count;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await reader?.cancel();
    while (open.count > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const some = reads.count;
    server.close();
    return { same, all, some };
  }, SIZE);
  expect(found.same).toBe(true);
  expect(found.all).toBe(SIZE / (256 * 1024));
  expect(found.some).toBeLessThan(found.all / 4);
});

test("a locked vault is Locked, and comes back when it is unlocked", async () => {
  const statuses = await owner.evaluate(
    async ({ key, address }) => {
      const found: number[] = [];
      await vaultRepo.lock();
      found.push((await fetch(address)).status);
      await vaultRepo.unlock({ rawKey: new Uint8Array(key) });
      found.push((await fetch(address)).status);
      return found;
    },
    { key: KEY, address: PICTURE },
  );
  expect(statuses).toEqual([423, 200]);
});

test("without a page that serves, the answer is 503; a page that is still loading is waited for", async () => {
  const other = await openPage();
  await owner.evaluate(() => {
    fileServer.close();
  });
  const status = await other.evaluate(
    async (address) => (await fetch(`${address}?impatient`)).status,
    PICTURE,
  );
  expect(status).toBe(503);
  const early = imageWidth(other, PICTURE);
  await owner.evaluate((prefix) => {
    globalThis.fileServer = vaultHttp.serveFiles(vaultRepo, { prefix });
  }, PREFIX);
  expect(await early).toBe(40);
  await other.close();
});

test("a page that is closed in the middle of an answer is an error of the network, and another one takes over", async () => {
  const reader = await openPage();
  await reader.evaluate(async (prefix) => {
    const { body } = await fetch(`${prefix}large`);
    const streamed = body?.getReader();
    await streamed?.read();
    Object.assign(globalThis, { streamed });
  }, PREFIX);
  await owner.close();
  const outcome = await reader.evaluate(async () => {
    const { streamed } = globalThis as unknown as {
      streamed: ReadableStreamDefaultReader<Uint8Array>;
    };
    try {
      while (!(await streamed.read()).done);
      return "ended";
    } catch (error) {
      return error instanceof TypeError ? "network error" : String(error);
    }
  });
  expect(outcome).toBe("network error");
  await openVault(reader);
  expect(await imageWidth(reader, PICTURE)).toBe(40);
  await reader.close();
});

test("nothing that was shown is in the browser's profile afterwards", async () => {
  const canary = `a canary, ${crypto.randomUUID()}`;
  await owner.close();
  const page = await openPage();
  await openVault(page);
  const control = await page.evaluate(
    async ({ canary, prefix }) => {
      // Large enough for no cache to keep it in an index, and no database in a log of its own.
      await vaultRepo.fs.writeFile("/canary.txt", canary.repeat(10_000));
      const frame = document.createElement("iframe");
      const loaded = new Promise((resolve) => {
        frame.onload = resolve;
      });
      frame.src = `${prefix}canary.txt`;
      document.body.append(frame);
      await loaded;
      const response = await fetch(`${prefix}canary.txt`);
      const shown = await response.text();
      await vaultRepo.close();
      return { control: response.headers.get("Cache-Control"), length: shown.length };
    },
    { canary, prefix: PREFIX },
  );
  expect(control).toEqual({ control: "no-store", length: canary.length * 10_000 });
  await context.close();
  expect(await filesWith(profile, canary)).toEqual([]);
});

/** The files below a folder that have the text in them. */
async function filesWith(folder: string, text: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const found: string[] = [];
  for (const path of paths) if ((await readFile(path)).includes(text)) found.push(path);
  expect(paths.length, "files of a profile").toBeGreaterThan(10);
  return found;
}
