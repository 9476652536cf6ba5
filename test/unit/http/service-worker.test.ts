/** The two halves of a service worker, over real message channels: a scope and pages that are no browser's stand between them. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRepo, type Repo } from "../../../src/index.js";
import {
  respondFromPage,
  serveFiles,
  type FileServer,
  type PageClient,
  type QuestionSource,
  type ResponseFs,
  type ServiceWorkerScope,
} from "../../../src/http/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { expectSame, pattern } from "../../support/pattern.js";

const SIZE = 1_000_000;
const prefix = "/vault/";
let repo: Repo;
let browser: Browser;

/** A window of the origin: what is posted to it comes out at its `navigator.serviceWorker`. */
class Window extends EventTarget implements PageClient, QuestionSource {
  readonly id = crypto.randomUUID();
  asked = 0;

  postMessage(data: unknown, ports: Transferable[]): void {
    this.asked++;
    const message = new MessageEvent("message", {
      data: structuredClone(data),
      ports: ports as MessagePort[],
    });
    this.dispatchEvent(message);
  }

  startMessages(): void {
    // Nothing is held back here.
  }
}

class Browser implements ServiceWorkerScope {
  readonly location = { origin: "https://app.example" };
  readonly windows = new Set<Window>();
  readonly clients = {
    get: async (id: string) => [...this.windows].find((window) => window.id === id),
    matchAll: async () => [...this.windows],
  };

  open(): Window {
    const window = new Window();
    this.windows.add(window);
    return window;
  }

  /** As a page has it that asks for an address. */
  fetch(
    address: string,
    init: RequestInit & { patienceMs?: number } = {},
  ): Promise<Response> | undefined {
    const { patienceMs, ...rest } = init;
    const request = new Request(new URL(address, this.location.origin), rest);
    let answer: Promise<Response> | undefined;
    const respondWith = (response: Promise<Response>): void => {
      answer = response;
    };
    const isOurs = respondFromPage({ request, respondWith }, { prefix, patienceMs }, this);
    expect(isOurs).toBe(answer !== undefined);
    return answer;
  }

  async get(address: string, init?: RequestInit & { patienceMs?: number }): Promise<Response> {
    const response = await this.fetch(address, init);
    if (response === undefined) throw new Error("not answered");
    return response;
  }
}

/** The repo's files, and how many of them are open. */
function counted(): { fs: ResponseFs; open: () => number; reads: () => number } {
  let [open, reads] = [0, 0];
  const fs: ResponseFs = {
    stat: (path) => repo.fs.stat(path),
    async open(path, flags) {
      const file = await repo.fs.open(path, flags);
      open++;
      return {
        stat: () => file.stat(),
        read(buffer, offset, length, position) {
          reads++;
          return file.read(buffer, offset, length, position);
        },
        async close() {
          open--;
          await file.close();
        },
      };
    },
  };
  return { fs, open: () => open, reads: () => reads };
}

function serve(window: Window, files: ResponseFs = repo.fs): FileServer {
  return serveFiles(files, { prefix }, window);
}

beforeAll(async () => {
  const rawKey = new Uint8Array(32).fill(7);
  repo = await openRepo("mem://sw", { rawKey, worker: fakeWorkers().factory, createNew: true });
  await repo.fs.writeFile("/f", pattern(SIZE));
  await repo.fs.writeFile("/%2e%2e", "a name like any other");
});

afterAll(async () => {
  await repo.close();
});

beforeEach(() => {
  browser = new Browser();
});

describe("a request", () => {
  it("is answered by the page that has the files, whichever it is", async () => {
    browser.open();
    serve(browser.open());
    browser.open();
    const response = await browser.get("/vault/f");
    expect(response.headers.get("Content-Length")).toBe(String(SIZE));
    expectSame(new Uint8Array(await response.arrayBuffer()), pattern(SIZE));
  });

  it("takes its range and its conditions along, and nothing else", async () => {
    serve(browser.open());
    const part = await browser.get("/vault/f", { headers: { Range: "bytes=10-19" } });
    expect([part.status, part.statusText]).toEqual([206, "Partial Content"]);
    expectSame(new Uint8Array(await part.arrayBuffer()), pattern(SIZE).subarray(10, 20));
    const tag = part.headers.get("ETag") ?? "";
    const known = await browser.get("/vault/f", { headers: { "If-None-Match": tag } });
    expect([known.status, known.body]).toEqual([304, null]);
    const head = await browser.get("/vault/f", { method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, null]);
    expect((await browser.get("/vault/f", { method: "POST" })).status).toBe(405);
  });

  it.each(["/", "/vault", "/vaultage/f", "https://other.example/vault/f", "/vault/%2e%2e/f"])(
    "for %s is somebody else's",
    (address) => {
      serve(browser.open());
      expect(browser.fetch(address)).toBeUndefined();
    },
  );

  it.each<[string, number]>([
    ["/vault/%252e%252e", 200],
    ["/vault/..%2ff", 404],
    ["/vault/%2ff", 404],
    ["/vault/%00", 404],
    ["/vault/%ff", 404],
    ["/vault/%", 404],
    ["/vault//f", 200],
    ["/vault/f/", 404],
    ["/vault/", 404],
  ])("for %s is %i", async (address, status) => {
    serve(browser.open());
    expect((await browser.get(address)).status).toBe(status);
  });

  it("is answered once by a page that serves a prefix twice, and by none that serves another", async () => {
    const window = browser.open();
    serveFiles(repo, { prefix: "/" }, window);
    serve(window);
    serve(window);
    for (let turn = 0; turn < 5; turn++)
      expect((await browser.get("/vault/f")).headers.get("Content-Length")).toBe(String(SIZE));
  });

  it("waits for a page that is still loading", async () => {
    const window = browser.open();
    const answer = browser.get("/vault/f", { patienceMs: 60_000 });
    await expect.poll(() => window.asked).toBeGreaterThan(1);
    serve(window);
    expect((await answer).status).toBe(200);
  });

  it("leaves no page waiting that is not to answer", async () => {
    const heard: unknown[] = [];
    browser.open().addEventListener("message", (event) => {
      const [port] = (event as MessageEvent<unknown>).ports;
      port?.addEventListener("message", ({ data }: MessageEvent<unknown>) => heard.push(data));
      port?.start();
    });
    const server = serve(browser.open());
    expect((await browser.get("/vault/f")).status).toBe(200);
    await expect.poll(() => heard).toEqual(["cancel"]);
    server.close();
  });

  it("is 503 if no page serves it", async () => {
    browser.open();
    const response = await browser.get("/vault/f", { patienceMs: 0 });
    expect([response.status, response.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(await response.text()).toBe("503 Service Unavailable");
  });
});

describe("a body", () => {
  it("is read on the page as it is read in the service worker, one piece at a time", async () => {
    const { fs, open, reads } = counted();
    serve(browser.open(), fs);
    const reader = (await browser.get("/vault/f")).body?.getReader();
    for (let asked = 0; asked < 3; asked++) {
      expect(reads()).toBe(asked);
      await reader?.read();
    }
    expect(open()).toBe(1);
    await reader?.cancel();
    await expect.poll(open).toBe(0);
  });

  it("that is never read opens nothing", async () => {
    const { fs, open, reads } = counted();
    serve(browser.open(), fs);
    await browser.get("/vault/f");
    expect([open(), reads()]).toEqual([0, 0]);
  });

  it("fails when its page is gone, also where the browser does not tell", async () => {
    const window = browser.open();
    let reads = 0;
    // Its third read never ends, as that of a page that is no more.
    const { fs } = counted();
    const stuck: ResponseFs = {
      stat: (path) => fs.stat(path),
      async open(path, flags) {
        const file = await fs.open(path, flags);
        return {
          stat: () => file.stat(),
          close: () => file.close(),
          read: (...args) =>
            ++reads < 3 ? file.read(...args) : new Promise<never>(() => undefined),
        };
      },
    };
    serve(window, stuck);
    const response = await browser.get("/vault/f");
    const whole = response.arrayBuffer();
    whole.catch(() => undefined);
    await expect.poll(() => reads).toBe(3);
    browser.windows.delete(window);
    await expect(whole).rejects.toThrow(TypeError);
  });

  it("fails when the page serves no more, and the file is closed", async () => {
    const { fs, open } = counted();
    const server = serve(browser.open(), fs);
    const reader = (await browser.get("/vault/f")).body?.getReader();
    await reader?.read();
    server.close();
    server.close();
    await expect(reader?.read()).rejects.toThrow(TypeError);
    await expect.poll(open).toBe(0);
    expect((await browser.get("/vault/f", { patienceMs: 0 })).status).toBe(503);
  });

  it("fails when the file changes, without saying what has failed", async () => {
    await repo.fs.writeFile("/changing", pattern(SIZE));
    serve(browser.open());
    const reader = (await browser.get("/vault/changing")).body?.getReader();
    await reader?.read();
    await repo.fs.appendFile("/changing", "more");
    const failure: unknown = await reader?.read().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TypeError);
    expect(String(failure)).not.toContain("changing");
  });

  it("is closed when the service worker has been ended", async () => {
    const { fs, open } = counted();
    const window = browser.open();
    const server = serve(window, fs);
    const { port1, port2 } = new MessageChannel();
    const answers: unknown[] = [];
    port1.onmessage = ({ data }: MessageEvent<unknown>) => answers.push(data);
    const question = { cofferfs: "cofferfs/http", prefix, method: "GET", headers: [] };
    window.postMessage({ ...question, url: "https://app.example/vault/f" }, [port2]);
    port1.postMessage("take");
    await expect.poll(() => answers.length).toBe(2);
    port1.postMessage("pull");
    await expect.poll(() => answers.length).toBe(3);
    expect(open()).toBe(1);
    port1.close();
    await expect.poll(open).toBe(0);
    server.close();
  });
});

describe("arguments", () => {
  it.each(["vault", "vault/", "/vault", ""])("%j is no prefix", (wrong) => {
    const window = browser.open();
    expect(() => serveFiles(repo, { prefix: wrong }, window)).toThrow(TypeError);
    const event = { request: new Request("https://app.example/"), respondWith: () => undefined };
    expect(() => respondFromPage(event, { prefix: wrong }, browser)).toThrow(TypeError);
  });

  it("messages of others are none of ours", () => {
    const window = browser.open();
    serve(window);
    for (const data of [null, "x", 5, {}, { cofferfs: "other" }]) window.postMessage(data, []);
  });
});
