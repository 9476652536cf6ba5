/** What an application's compiler should take, and what not. */
import {
  exportRepo,
  importRepo,
  isRepoError,
  openRepo,
  type File,
  type FileHandle,
  type Repo,
  type RepoEvent,
} from "cofferfs";
import { fileResponse, respondFromPage, serveFiles, type FetchEventLike } from "cofferfs/http";
import { createSyncAccessHandle, syncFs, type PostedSyncChannel } from "cofferfs/sync";
import { Zbox } from "cofferfs/zbox";

/** In a worker, which is given what `repo.syncChannel()` resolves to. */
export function useSync(channel: PostedSyncChannel): string {
  const fs = syncFs(channel);
  const names: string[] = fs.readdirSync("/", { recursive: true });
  const [first] = fs.readdirSync("/", { withFileTypes: true });
  const size: bigint = fs.statSync("/f", { bigint: true }).size;
  // @ts-expect-error Without `throwIfNoEntry: false` there are stats; with it there may be none.
  const wrong: number = fs.statSync("/f", { throwIfNoEntry: false }).size;
  const bytes: Uint8Array = fs.readFileSync("/f");
  createSyncAccessHandle(fs, "/f").write(bytes, { at: Number(size) + wrong });
  return fs.readFileSync("/f", "utf8") + names.join() + String(first?.isFile());
}

/** On a page, and in its service worker. */
export async function useHttp(repo: Repo, event: FetchEventLike): Promise<number> {
  const server = serveFiles(repo, { prefix: "/vault/", type: () => "text/plain" });
  server.close();
  // @ts-expect-error Without a prefix nobody knows which addresses are meant.
  const isOurs: boolean = respondFromPage(event, {});
  const { status } = await fileResponse(repo.fs, "/f", event.request, { download: isOurs });
  return status;
}

export async function useTypes(): Promise<string> {
  const repo: Repo = await openRepo("local://notes", {
    password: "correct horse battery staple",
    create: true,
    worker: () => new Worker("/worker.js", { type: "module" }),
    onEvent: (event: RepoEvent) => {
      if (event.type === "poisoned") console.error(event.cause.message);
    },
  });
  const text: string = await repo.fs.readFile("/f", "utf8");
  const bytes: Uint8Array = await repo.fs.readFile("/f");
  // @ts-expect-error Without an encoding these are bytes.
  const wrong: string = await repo.fs.readFile("/f");
  const handle: FileHandle = await repo.fs.open("/f", "w");
  const { bytesWritten } = await handle.write(bytes, 0, bytes.length, 0);
  await handle.close();
  await importRepo("mem://copy", exportRepo("local://notes"), { maxBytes: 1_000_000 });
  await importRepo("mem://open", repo.export());
  useSync(await repo.syncChannel());
  const file: File = await repo.openFile("/f", { create: true, versionLimit: 3 });
  await file.seek(0, "end");
  await file.readable().pipeTo(file.writable());
  // @ts-expect-error A place is counted from the start, the end, or where it is.
  await file.seek(0, "middle");
  const zbox = new Zbox();
  await zbox.initEnv({ logLevel: "debug" });
  const old = await zbox.openRepo({ uri: "mem://x", pwd: "p", opts: { create: true } });
  const { contentLen } = await old.metadata("/");
  const same: number = await (
    await old.openFile({ path: "/f", opts: { write: true } })
  ).seek({ from: Zbox.SeekFrom.End, offset: -contentLen });
  await zbox.exit();
  // @ts-expect-error One of the two spellings of the durability is wrong.
  await openRepo("mem://x", { password: "p", durability: "relaxing" });
  const missing = await repo.fs.stat("/none").catch((error: unknown) => error);
  return [text, wrong, bytesWritten, same, isRepoError(missing, "ENOENT")].join();
}
