/** What the compiler of a Node application should take of `cofferfs/node`, and what not. */
import {
  exportRepo,
  importRepo,
  isRepoError,
  openRepo,
  type Repo,
  type TransferProgress,
} from "cofferfs/node";

export async function useNodeTypes(): Promise<string> {
  const repo: Repo = await openRepo(new URL("file:///vault.coffer"), { password: "p" });
  const text: string = await repo.fs.readFile("/f", "utf8");
  const onProgress = ({ bytes, totalBytes }: TransferProgress): void => {
    console.log(bytes, totalBytes);
  };
  await importRepo("copy.coffer", repo.export({ onProgress }), { overwrite: true });
  await importRepo("again.coffer", exportRepo("copy.coffer"));
  // @ts-expect-error There are no workers to make here.
  await openRepo("vault.coffer", { password: "p", worker: () => undefined });
  const missing = await repo.fs.stat("/none").catch((error: unknown) => error);
  return [text, isRepoError(missing, "ENOENT")].join();
}
