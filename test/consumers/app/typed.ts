/** What an application's compiler should take, and what not. */
import {
  FileObserver,
  exportRepo,
  importRepo,
  isRepoError,
  openRepo,
  type File,
  type FileHandle,
  type Repo,
  type RepoEvent,
} from "cofferfs";
import { createSyncAccessHandle, syncFs, syncRoot, type PostedSyncChannel } from "cofferfs/sync";
import { fileSystemProvider, workbenchFileSystemProvider } from "cofferfs/vscode";
import { fileResponse, respondFromPage, serveFiles, type FetchEventLike } from "cofferfs/http";
import { callbackFs, type CallbackFs } from "cofferfs/callback";
import { Zbox } from "cofferfs/zbox";

/** A library that asks for callbacks. */
export function useCallbacks(repo: Repo, told: (text: string | undefined) => void): void {
  const fs: CallbackFs = callbackFs(repo.fs);
  fs.open("/f", "r", (error, fd) => {
    if (error !== null) throw error;
    fs.read(fd, new Uint8Array(4), 0, 4, 0, (_, bytesRead, buffer) => {
      told(new TextDecoder().decode(buffer.subarray(0, bytesRead)));
    });
  });
  // @ts-expect-error Without an encoding these are bytes.
  fs.readFile("/f", (_, text: string) => {
    told(text);
  });
}

/** In a worker, which is given what `repo.syncChannel()` resolves to. */
export function useSync(channel: PostedSyncChannel): string {
  const fs = syncFs(channel);
  const names: string[] = fs.readdirSync("/", { recursive: true });
  const [first] = fs.readdirSync("/", { withFileTypes: true });
  const size: bigint = fs.statSync("/f", { bigint: true }).size;
  // @ts-expect-error Without `throwIfNoEntry: false` there are stats; with it there may be none.
  const wrong: number = fs.statSync("/f", { throwIfNoEntry: false }).size;
  const bytes: Uint8Array = fs.readFileSync("/f");
  const root: FileSystemDirectoryHandle = syncRoot(fs);
  console.log(root.name);
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
  // What asks for the browser's handles takes those of a repo.
  const theirs: FileSystemDirectoryHandle = repo.root;
  const entry: FileSystemFileHandle = await repo.root.getFileHandle("f", { create: true });
  const stream: FileSystemWritableFileStream = await (
    await repo.root.getFileHandle("f")
  ).createWritable({ keepExistingData: true });
  await stream.write({ type: "write", position: 1, data: await (await entry.getFile()).text() });
  for await (const [name, child] of repo.root.entries()) console.log(name, child.kind);
  const observer = new FileObserver((records) => {
    console.log(records.map(({ type, changedHandle }) => [type, changedHandle?.name]));
  });
  await observer.observe(repo.root, { recursive: theirs.name === "" });
  const handle: FileHandle = await repo.fs.open("/f", "w");
  const { bytesWritten } = await handle.write(bytes, 0, bytes.length, 0);
  await handle.close();
  await importRepo("mem://copy", exportRepo("local://notes"), { maxBytes: 1_000_000 });
  await importRepo("mem://open", repo.export());
  useSync(await repo.syncChannel());
  useCallbacks(repo, console.log);
  const file: File = await repo.openFile("/f", { create: true, versionLimit: 3 });
  await file.seek(0, "end");
  await file.readable().pipeTo(file.writable());
  // @ts-expect-error A place is counted from the start, the end, or where it is.
  await file.seek(0, "middle");
  const provider = fileSystemProvider(repo.fs, undefined, { root: "/project" });
  provider.onDidChangeFile(([change]) => change?.uri.with({ path: "/" }).path);
  const { capabilities }: { capabilities: number } = workbenchFileSystemProvider(repo.fs);
  // @ts-expect-error What is shown is a directory, not a file system of its own.
  fileSystemProvider(repo, undefined, { root: capabilities });
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
