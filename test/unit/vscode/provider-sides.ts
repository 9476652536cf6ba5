/** The file systems that providers are tested over: a repo, and Node's own below a temporary folder. */
import { mkdtemp, rm } from "node:fs/promises";
import * as nodeFs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRepo, type Repo } from "../../../src/index.js";
import type { ProvidedFs } from "../../../src/vscode/index.js";
import { fakeWorkers } from "../../support/fake-worker.js";
import { filesOf } from "./types.js";

export interface ProviderSide {
  readonly name: string;
  readonly fs: ProvidedFs;
  /** The folder that the provider shows. */
  readonly root: string;
  /** Empties it and makes these: folders end in a slash, links are `[name, target]`. */
  plant(entries: readonly (string | readonly [string, string])[]): Promise<void>;
  end(): Promise<void>;
}

export const rawKey = new Uint8Array(32).fill(7);
export const { factory: worker } = fakeWorkers();

type PlantingFs = Pick<Repo["fs"], "mkdir" | "writeFile" | "symlink" | "rm" | "readdir">;

function planter(fs: PlantingFs, root: string): ProviderSide["plant"] {
  return async (entries) => {
    for (const name of await fs.readdir(root)) await fs.rm(`${root}/${name}`, { recursive: true });
    for (const entry of entries)
      if (typeof entry !== "string") await fs.symlink(entry[1], root + entry[0]);
      else if (entry.endsWith("/")) await fs.mkdir(root + entry);
      else await fs.writeFile(root + entry, `content of ${entry}`);
  };
}

export async function repoSide(name: string): Promise<ProviderSide & { readonly repo: Repo }> {
  const repo = await openRepo(`mem://${name}`, { rawKey, worker, createNew: true });
  await repo.fs.mkdir("/base");
  const { fs } = repo;
  return {
    ...{ name: "a repo", fs, root: "/base", repo },
    plant: planter(fs, "/base"),
    end: () => repo.close(),
  };
}

export async function nodeSide(): Promise<ProviderSide> {
  const root = await mkdtemp(join(tmpdir(), "cofferfs-vscode-"));
  return {
    ...{ name: "Node's own", fs: filesOf(nodeFs), root },
    plant: planter(nodeFs as unknown as PlantingFs, root),
    end: () => rm(root, { recursive: true, force: true }),
  };
}
