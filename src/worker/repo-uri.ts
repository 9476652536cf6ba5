/** Repo URIs: `mem://name`, `opfs://name`, `idb://name`, and `local://name` for the best there is. */
import { RepoError } from "../errors.js";

export type Backend = "mem" | "opfs" | "idb";

export interface RepoUri {
  readonly scheme: Backend | "local";
  readonly name: string;
}

const SCHEMES = ["mem", "opfs", "idb", "local"] as const;

/** @throws EINVAL for another scheme or an empty name */
export function parseRepoUri(uri: string): RepoUri {
  const at = uri.indexOf("://");
  const scheme = SCHEMES.find((known) => known === uri.slice(0, Math.max(at, 0)));
  const name = uri.slice(at + 3);
  if (scheme === undefined || name === "")
    throw new RepoError("EINVAL", {
      message: "a repo is at local://, opfs://, idb:// or mem:// and a name, not at",
      path: uri,
    });
  return { scheme, name };
}
