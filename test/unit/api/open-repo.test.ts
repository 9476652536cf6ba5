/** openRepo, repoExists and destroyRepo over workers in this thread; the repos are real, in memory. */
import { afterEach, describe, expect, it } from "vitest";
import {
  destroyRepo,
  openRepo,
  repoExists,
  type OpenRepoOptions,
  type Repo,
} from "../../../src/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";

const rawKey = new Uint8Array(32).fill(7);
const kdf = { opsLimit: 2, memLimit: 19 * 1024 * 1024 };

let names = 0;
const open: Repo[] = [];

function memoryUri(): string {
  return `mem://open-${++names}`;
}

async function opened(uri: string, options: OpenRepoOptions): Promise<Repo> {
  const repo = await openRepo(uri, options);
  open.push(repo);
  return repo;
}

afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((repo) => repo.close()));
});

describe("openRepo", () => {
  it("creates, closes and opens again with the same raw key", async () => {
    const { factory: worker } = fakeWorkers();
    const uri = memoryUri();
    const first = await opened(uri, { rawKey, worker, create: true });
    await first.fs.writeFile("/a", "hello");
    await first.close();
    const second = await opened(uri, { rawKey, worker });
    expect(await second.fs.readFile("/a", "utf8")).toBe("hello");
  });
  it("x", async () => {
    const { factory: worker, made } = fakeWorkers();
    const uri = memoryUri();
    const first = await opened(uri, { password: "pw", kdf, worker, create: true });
    console.log(
      await first.info(),
      await first.stats(),
      (await first.check()).ok,
      made.get("kdf")?.length,
    );
    await first.close();
    await expect(openRepo(uri, { password: "pw2", worker })).rejects.toMatchObject({
      code: "UNLOCK_FAILED",
    });
    const second = await opened(uri, { password: "pw", worker });
    console.log(await second.fs.readdir("/"), await second.fs.stat("/nope").catch((e) => e));
  });
});
