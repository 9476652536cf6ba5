/** fileResponse: what a web server must say about a file, on a repo and on Node's own files. */
import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { openRepo, RepoError, type Repo } from "../../../src/index.js";
import {
  fileResponse,
  type FileResponseOptions,
  type ResponseFile,
  type ResponseFs,
} from "../../../src/http/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { expectSame, pattern } from "../../support/pattern.js";
import { settle } from "../../support/turns.js";

const SIZE = 1000;
const URL_OF = "https://app.example/vault/f";
let repo: Repo;

beforeAll(async () => {
  const rawKey = new Uint8Array(32).fill(7);
  repo = await openRepo("mem://http", { rawKey, worker: fakeWorkers().factory, createNew: true });
  await repo.fs.mkdir("/dir");
  await repo.fs.writeFile("/dir/index.html", "<p>index");
  await repo.fs.writeFile("/empty", "");
});

afterAll(async () => {
  await repo.close();
});

beforeEach(async () => {
  await repo.fs.writeFile("/f", pattern(SIZE));
});

afterEach(() => {
  vi.useRealTimers();
});

type Fields = Record<string, string>;

function ask(
  path: string,
  headers: Fields = {},
  { method = "GET", ...options }: FileResponseOptions & { method?: string } = {},
): Promise<Response> {
  return fileResponse(repo, path, new Request(URL_OF, { method, headers }), options);
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

async function tagOf(path: string): Promise<string> {
  return String((await ask(path, {}, { method: "HEAD" })).headers.get("ETag"));
}

/** Counts the files that are open, and runs `onRead` before each read. */
function counted(
  fs: ResponseFs,
  onRead: () => Promise<void> = async () => undefined,
): { fs: ResponseFs; open: () => number; opened: () => number; reads: () => number } {
  let [now, ever, reads] = [0, 0, 0];
  const open = async (path: string, flags: "r"): Promise<ResponseFile> => {
    const file = await fs.open(path, flags);
    now++;
    ever++;
    return {
      stat: () => file.stat(),
      async read(buffer, offset, length, position) {
        reads++;
        await onRead();
        return file.read(buffer, offset, length, position);
      },
      async close() {
        now--;
        await file.close();
      },
    };
  };
  return {
    fs: { stat: (path) => fs.stat(path), open },
    open: () => now,
    opened: () => ever,
    reads: () => reads,
  };
}

describe("a file", () => {
  it("comes whole, with type, length, a strong tag, its time, and nothing for caches", async () => {
    const response = await ask("/f", {});
    expect(response.status).toBe(200);
    const { ctimeMs } = await repo.fs.stat("/f");
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      "accept-ranges": "bytes",
      "cache-control": "no-store",
      "content-length": String(SIZE),
      "content-type": "application/octet-stream",
      "cross-origin-resource-policy": "same-origin",
      "last-modified": new Date(ctimeMs).toUTCString(),
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    });
    expect(headers["etag"]).toMatch(/^"[!-~]+"$/);
    expectSame(await bytesOf(response), pattern(SIZE));
  });

  it("is told of by HEAD, without its content and without opening it", async () => {
    const { fs, opened } = counted(repo.fs);
    const request = new Request(URL_OF, { method: "HEAD", headers: { Range: "bytes=0-1" } });
    const response = await fileResponse(fs, "/f", request);
    expect([response.status, response.headers.get("Content-Length")]).toEqual([200, String(SIZE)]);
    expect(response.body).toBeNull();
    expect(opened()).toBe(0);
  });

  it("may be empty", async () => {
    const response = await ask("/empty");
    expect([response.status, response.headers.get("Content-Length")]).toEqual([200, "0"]);
    expect(await response.text()).toBe("");
  });

  it("of Node's own file system is answered with in the same way", async () => {
    const folder = await nodeFs.mkdtemp(join(tmpdir(), "cofferfs-http-"));
    try {
      const path = join(folder, "a.PNG");
      await nodeFs.writeFile(path, pattern(SIZE));
      const request = new Request(URL_OF, { headers: { Range: "bytes=-10" } });
      const response = await fileResponse(nodeFs, path, request);
      expect(response.status).toBe(206);
      expect(response.headers.get("Content-Type")).toBe("image/png");
      expect(response.headers.get("ETag")).toMatch(/^"[!-~]+"$/);
      expectSame(await bytesOf(response), pattern(SIZE).subarray(-10));
    } finally {
      await nodeFs.rm(folder, { recursive: true });
    }
  });

  it("of a snapshot is what it was", async () => {
    await repo.snapshot("before");
    await repo.fs.writeFile("/f", "after");
    const snapshot = await repo.openSnapshot("before");
    expectSame(
      await bytesOf(await fileResponse(snapshot, "/f", new Request(URL_OF))),
      pattern(SIZE),
    );
    await snapshot.close();
    await repo.deleteSnapshot("before");
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("is not there for %s", async (method) => {
    const response = await ask("/f", {}, { method });
    expect([response.status, response.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
  });
});

describe("a range", () => {
  it.each([
    ["bytes=0-0", 0, 1],
    ["bytes=10-19", 10, 20],
    ["BYTES= 10-19 ", 10, 20],
    ["bytes=990-", 990, 1000],
    ["bytes=990-99999999999999999999", 990, 1000],
    ["bytes=-10", 990, 1000],
    ["bytes=-5000", 0, 1000],
  ])("%s is a part", async (Range, first, end) => {
    const response = await ask("/f", { Range });
    expect(response.status).toBe(206);
    expect(response.headers.get("Content-Range")).toBe(`bytes ${first}-${end - 1}/1000`);
    expect(response.headers.get("Content-Length")).toBe(String(end - first));
    expectSame(await bytesOf(response), pattern(SIZE).subarray(first, end));
  });

  it.each(["bytes=1000-", "bytes=99999999999999999999-", "bytes=-0"])(
    "%s cannot be satisfied",
    async (Range) => {
      const response = await ask("/f", { Range });
      expect([response.status, response.headers.get("Content-Range")]).toEqual([
        416,
        "bytes */1000",
      ]);
    },
  );

  it.each(["bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "pages=1-2", "bytes=0-1,5-6", "5-6"])(
    "%s is passed over",
    async (Range) => {
      const response = await ask("/f", { Range });
      expect(response.status).toBe(200);
      expectSame(await bytesOf(response), pattern(SIZE));
    },
  );

  it("of an empty file is nothing, or all of it", async () => {
    expect((await ask("/empty", { Range: "bytes=0-" })).status).toBe(416);
    expect((await ask("/empty", { Range: "bytes=-5" })).status).toBe(200);
  });

  it("comes with If-Range only if that is the strong tag of now", async () => {
    const Range = "bytes=0-9";
    const tag = await tagOf("/f");
    const date = (await ask("/f")).headers.get("Last-Modified") ?? "";
    const statusIf = async (condition: string): Promise<number> =>
      (await ask("/f", { Range, "If-Range": condition })).status;
    expect(await statusIf(tag)).toBe(206);
    expect(await statusIf(`W/${tag}`)).toBe(200);
    expect(await statusIf('"other"')).toBe(200);
    expect(await statusIf(date)).toBe(200);
    await repo.fs.writeFile("/f", pattern(SIZE, 2));
    expect(await statusIf(tag)).toBe(200);
  });

  it("lies beyond 4 GiB", async () => {
    const file = await repo.fs.open("/large", "w");
    await file.write("the end", 5 * 2 ** 30);
    await file.close();
    const response = await ask("/large", { Range: "bytes=5368709120-" });
    expect(response.headers.get("Content-Range")).toBe("bytes 5368709120-5368709126/5368709127");
    expect(await response.text()).toBe("the end");
  });
});

describe("conditions", () => {
  const LONG_AGO = new Date(0).toUTCString();
  const LATER = new Date(Date.now() + 86_400_000).toUTCString();

  it("come to 304 and 412 in the order of RFC 9110", async () => {
    const tag = await tagOf("/f");
    const cases: [Fields, number][] = [
      [{ "If-None-Match": tag }, 304],
      [{ "If-None-Match": `"x", W/${tag}` }, 304],
      [{ "If-None-Match": "*" }, 304],
      [{ "If-None-Match": '"x"', "If-Modified-Since": LATER }, 200],
      [{ "If-Modified-Since": LATER }, 304],
      [{ "If-Modified-Since": LONG_AGO }, 200],
      [{ "If-Modified-Since": "yesterday" }, 200],
      [{ "If-Match": tag }, 200],
      [{ "If-Match": "*" }, 200],
      [{ "If-Match": `W/${tag}` }, 412],
      [{ "If-Match": '"x"' }, 412],
      [{ "If-Match": '"x"', "If-None-Match": tag }, 412],
      [{ "If-Match": tag, "If-Unmodified-Since": LONG_AGO }, 200],
      [{ "If-Unmodified-Since": LONG_AGO }, 412],
      [{ "If-Unmodified-Since": LATER }, 200],
      [{ "If-None-Match": tag, Range: "bytes=0-1" }, 304],
      [{ "If-Match": '"x"', Range: "bytes=0-1" }, 412],
    ];
    for (const [headers, status] of cases)
      expect((await ask("/f", headers)).status, JSON.stringify(headers)).toBe(status);
  });

  it("answered with 304 leave tag and time, and no body", async () => {
    const tag = await tagOf("/f");
    const response = await ask("/f", { "If-None-Match": tag });
    expect(response.body).toBeNull();
    expect(response.headers.get("ETag")).toBe(tag);
    expect(response.headers.get("Content-Length")).toBeNull();
    expect(response.headers.get("Cache-Control")).toBe("no-store");
  });

  it("know every change of the content, also one of which mtime and size say nothing", async () => {
    const tag = await tagOf("/f");
    const { atimeMs, mtimeMs } = await repo.fs.stat("/f");
    await repo.fs.writeFile("/f", pattern(SIZE, 2));
    await repo.fs.utimes("/f", atimeMs / 1000, mtimeMs / 1000);
    expect(await tagOf("/f")).not.toBe(tag);
    expect((await ask("/f", { "If-None-Match": tag })).status).toBe(200);
  });

  it("never call two contents the same, however fast they follow each other", async () => {
    const seen = new Map<string, number>();
    for (let seed = 0; seed < 20; seed++) {
      await repo.fs.writeFile("/f", pattern(SIZE, seed));
      const tag = await tagOf("/f");
      expect(tag).not.toMatch(/^W/);
      expect(seen.get(tag)).toBeUndefined();
      seen.set(tag, seed);
    }
  });

  it("are told that a tag is weak where the file is being changed just now", async () => {
    const busy: ResponseFs = {
      ...repo.fs,
      stat: async (path) => {
        const ctimeMs = Date.now();
        return Object.assign(await repo.fs.stat(path), { ctimeMs });
      },
    };
    const response = await fileResponse(busy, "/f", new Request(URL_OF, { method: "HEAD" }));
    expect(response.headers.get("ETag")).toMatch(/^W\//);
  });
});

describe("a body", () => {
  const LARGE = 1_000_000;

  beforeEach(async () => {
    await repo.fs.writeFile("/large", pattern(LARGE));
  });

  it("opens nothing until it is read, and closes what it has read", async () => {
    const { fs, open, opened } = counted(repo.fs);
    const response = await fileResponse(fs, "/large", new Request(URL_OF));
    await settle();
    expect(opened()).toBe(0);
    expectSame(await bytesOf(response), pattern(LARGE));
    expect([open(), opened()]).toEqual([0, 1]);
  });

  it("is read when it is asked for and no further, and closed when it is cancelled", async () => {
    const { fs, open, reads } = counted(repo.fs);
    const { body } = await fileResponse(fs, "/large", new Request(URL_OF));
    const reader = body?.getReader();
    for (let asked = 1; asked <= 3; asked++) {
      await reader?.read();
      await settle();
      expect(reads()).toBe(asked);
    }
    expect(open()).toBe(1);
    await reader?.cancel();
    expect(open()).toBe(0);
  });

  it("that is cancelled while it is being opened leaves nothing open", async () => {
    const { fs, open } = counted(repo.fs);
    const { body } = await fileResponse(fs, "/large", new Request(URL_OF));
    const reader = body?.getReader();
    const reading = reader?.read();
    await reader?.cancel();
    expect(await reading).toMatchObject({ done: true });
    expect(open()).toBe(0);
  });

  it("that is forgotten holds no file after half a minute, and goes on when it is read again", async () => {
    const { fs, open, opened } = counted(repo.fs);
    await tagOf("/large");
    const { body } = await fileResponse(fs, "/large", new Request(URL_OF));
    const reader = body?.getReader();
    vi.useFakeTimers();
    const first = await reader?.read();
    expect(open()).toBe(1);
    vi.advanceTimersByTime(29_000);
    await Promise.resolve();
    expect(open()).toBe(1);
    vi.advanceTimersByTime(1_000);
    await expect.poll(open).toBe(0);
    vi.useRealTimers();
    const second = await reader?.read();
    expect(opened()).toBe(2);
    const length = (first?.value?.length ?? 0) + (second?.value?.length ?? 0);
    const got = Buffer.concat([
      first?.value ?? new Uint8Array(),
      second?.value ?? new Uint8Array(),
    ]);
    expectSame(got, pattern(LARGE).subarray(0, length));
    await reader?.cancel();
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ["overwritten", (path) => repo.fs.writeFile(path, pattern(LARGE, 2))],
    ["shortened", (path) => repo.fs.truncate(path, 300_000)],
    ["appended to", (path) => repo.fs.appendFile(path, "more")],
    [
      "changed in place and given its old mtime",
      async (path) => {
        const { mtimeMs } = await repo.fs.stat(path);
        const file = await repo.fs.open(path, "r+");
        await file.write(new Uint8Array(10), 0, 10, LARGE - 10);
        await file.close();
        await repo.fs.utimes(path, mtimeMs / 1000, mtimeMs / 1000);
      },
    ],
  ])("never mixes two states: the file is %s while it is read", async (_, change) => {
    for (const changedAt of [1, 2, 3]) {
      await repo.fs.writeFile("/large", pattern(LARGE));
      let reads = 0;
      const { fs, open } = counted(repo.fs, async () => {
        if (++reads === changedAt) await change("/large");
      });
      const { body } = await fileResponse(fs, "/large", new Request(URL_OF));
      const reader = body?.getReader();
      let length = 0;
      const gathering = (async () => {
        for (;;) {
          const { value } = (await reader?.read()) ?? {};
          if (value === undefined) return;
          expectSame(value, pattern(LARGE).subarray(length, length + value.length));
          length += value.length;
        }
      })();
      await expect(gathering).rejects.toMatchObject({ code: "ESTALE" });
      expect(length).toBe((changedAt - 1) * 256 * 1024);
      expect(open()).toBe(0);
    }
  });

  it("fails if the file is replaced before it is read", async () => {
    const early = await ask("/large");
    await repo.fs.writeFile("/other", pattern(LARGE, 2));
    await repo.fs.rename("/other", "/large");
    await expect(early.arrayBuffer()).rejects.toMatchObject({ code: "ESTALE" });
  });

  it("ends with the reason of the request's signal, also one that comes later", async () => {
    const { fs, open } = counted(repo.fs);
    const stop = new AbortController();
    const request = { url: URL_OF, method: "GET", headers: new Headers(), signal: stop.signal };
    const { body } = await fileResponse(fs, "/large", request);
    const reader = body?.getReader();
    await reader?.read();
    const reason = new Error("enough");
    stop.abort(reason);
    await expect(reader?.read()).rejects.toBe(reason);
    await expect.poll(open).toBe(0);
    await expect(fileResponse(fs, "/large", request)).rejects.toBe(reason);
  });

  it("fails with what reading fails with, and closes the file", async () => {
    const { fs, open } = counted(repo.fs, () => Promise.reject(new RepoError("INTEGRITY")));
    const response = await fileResponse(fs, "/large", new Request(URL_OF));
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: "INTEGRITY" });
    expect(open()).toBe(0);
  });
});

describe("failures", () => {
  it.each<[string, number]>([
    ["/none", 404],
    ["/f/", 404],
    ["/f/below", 404],
    ["/dir", 404],
    [`/${"n".repeat(300)}`, 404],
    ["/with\0nul", 404],
  ])("%s is not found", async (path, status) => {
    const response = await ask(path);
    expect(response.status).toBe(status);
    expect(await response.text()).toBe("404 Not Found");
    expect(response.headers.get("Cache-Control")).toBe("no-store");
  });

  it.each<[Error, number]>([
    [new RepoError("EACCES", { path: "/secret-name" }), 403],
    [new RepoError("EPERM", { path: "/secret-name" }), 403],
    [new RepoError("REPO_LOCKED"), 423],
    [new RepoError("REPO_CLOSED"), 503],
    [new RepoError("WORKER_FAILED", { message: "secret-name" }), 503],
    [new RepoError("INTEGRITY", { path: "/secret-name" }), 500],
    [new RepoError("BACKEND_IO", { message: "secret-name" }), 500],
    [new Error("secret-name"), 500],
  ])("%s becomes %i, and says nothing of the file", async (error, status) => {
    const fs: ResponseFs = { stat: () => Promise.reject(error), open: () => Promise.reject(error) };
    const response = await fileResponse(fs, "/secret-name", new Request(URL_OF));
    expect(response.status).toBe(status);
    const said = (await response.text()) + JSON.stringify([...response.headers]);
    expect(said).not.toContain("secret");
  });

  it("a locked repo is locked, and a closed one unavailable", async () => {
    const rawKey = new Uint8Array(32).fill(9);
    const { factory: worker } = fakeWorkers();
    const other = await openRepo("mem://locked", { rawKey, worker, createNew: true });
    await other.fs.writeFile("/f", "x");
    await other.lock();
    expect((await fileResponse(other, "/f", new Request(URL_OF))).status).toBe(423);
    await other.unlock({ rawKey });
    expect((await fileResponse(other, "/f", new Request(URL_OF))).status).toBe(200);
    await other.close();
    expect((await fileResponse(other, "/f", new Request(URL_OF))).status).toBe(503);
  });
});

describe("a directory", () => {
  it("has the index that is asked for, at an address that ends with a slash", async () => {
    const at = (address: string): Promise<Response> =>
      fileResponse(repo, "/dir", new Request(address), { index: "index.html" });
    const moved = await at("https://app.example/vault/dir?q=1");
    expect([moved.status, moved.headers.get("Location")]).toEqual([308, "/vault/dir/?q=1"]);
    const found = await at("https://app.example/vault/dir/");
    expect(found.headers.get("Content-Type")).toBe("text/html; charset=utf-8");
    expect(await found.text()).toBe("<p>index");
    const root = fileResponse(repo, "/", new Request("https://app.example/vault/"), {
      index: "dir",
    });
    expect((await root).status, "an index that is a directory").toBe(404);
  });
});

describe("what is in a vault", () => {
  const policyOf = async (name: string, options?: FileResponseOptions): Promise<string> => {
    await repo.fs.writeFile(`/${name}`, "x");
    const { headers } = await ask(`/${name}`, {}, options);
    return `${headers.get("Content-Type") ?? ""} | ${headers.get("Content-Security-Policy") ?? ""}`;
  };

  it.each(["a.html", "a.svg", "a.xhtml", "a.xml", "a", "a.HTM", "a.unknown", "a.constructor"])(
    "cannot run as a document: %s",
    async (name) => {
      expect(await policyOf(name)).toMatch(/\| sandbox; default-src 'none';/);
    },
  );

  it.each(["a.js", "a.mjs", "a.cjs", "a.ts"])("cannot run as a script: %s", async (name) => {
    expect(await policyOf(name)).toMatch(/^text\/plain/);
  });

  it("is sandboxed by what it is called in the end", async () => {
    expect(await policyOf("a.png", { type: () => " IMAGE/SVG+XML" })).toMatch(/\| sandbox;/i);
    expect(await policyOf("a.png", { type: () => "text/html" })).toMatch(/\| sandbox;/);
    expect(await policyOf("a.png", { type: () => undefined })).toMatch(/^image\/png/);
  });

  it.each(["a.png", "a.webm", "a.mp3", "a.pdf", "a.woff2"])(
    "is shown as it is where it cannot run: %s",
    async (name) => {
      expect(await policyOf(name)).toMatch(/\| frame-ancestors 'self'$/);
    },
  );

  it("runs where the caller vouches for it", async () => {
    const trusted = { trusted: true };
    expect(await policyOf("a.html", trusted)).toMatch(/^text\/html.* \| frame-ancestors 'self'$/);
    expect(await policyOf("a.js", trusted)).toMatch(/^text\/javascript/);
  });

  it("is downloaded under its name, whatever characters that has", async () => {
    const name = "ä\"\\%(1)'*.txt";
    await repo.fs.writeFile(`/${name}`, "x");
    const { headers } = await ask(`/${name}`, {}, { download: true });
    expect(headers.get("Content-Disposition")).toBe(
      `attachment; filename="____(1)'*.txt"; filename*=UTF-8''%C3%A4%22%5C%25%281%29%27%2A.txt`,
    );
    const given = await ask("/f", {}, { download: "other\r\nname" });
    expect(given.headers.get("Content-Disposition")).toContain('filename="other__name"');
  });

  it("comes with the headers that the caller wants", async () => {
    const headers = { "cache-control": "private", "X-Mine": "1" };
    const response = await ask("/f", {}, { headers });
    expect(response.headers.get("Cache-Control")).toBe("private");
    expect(response.headers.get("X-Mine")).toBe("1");
  });
});
