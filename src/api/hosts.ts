/**
 * Hosts: which worker serves which repo. A repo on storage has a worker of its own from its opening to
 * its closing. A repo in memory lives in its worker, which therefore stays for as long as the repo exists:
 * until it is destroyed or the page goes away.
 */
import { RepoError } from "../errors.js";
import type { WorkerFactory } from "./spawn.js";
import { WorkerLink } from "./worker-link.js";

const memoryHosts = new Map<string, Host>();

export class Host {
  readonly uri: string;
  readonly link: WorkerLink;
  users = 0;

  constructor(uri: string, factory: WorkerFactory) {
    this.uri = uri;
    this.link = new WorkerLink(factory, "engine");
  }

  /** Whether the worker holds what must not be lost with it. */
  get keepsRepo(): boolean {
    return this.uri.startsWith("mem:");
  }
}

/** A worker for the repo; release it when done. */
export function acquireHost(uri: string, factory: WorkerFactory): Host {
  const known = memoryHosts.get(uri);
  const host = known?.link.alive === true ? known : new Host(uri, factory);
  if (host.keepsRepo) memoryHosts.set(uri, host);
  host.users += 1;
  return host;
}

/** Ends the worker unless somebody uses it or a repo lives in it. */
export async function releaseHost(host: Host): Promise<void> {
  host.users -= 1;
  if (host.keepsRepo && host.link.alive && (await isNeeded(host))) return;
  if (memoryHosts.get(host.uri) === host) memoryHosts.delete(host.uri);
  host.link.end(repoClosed);
}

/** What calls to a repo that was closed reject with. */
export function repoClosed(): RepoError {
  return new RepoError("REPO_CLOSED");
}

/** What calls to a repo that was locked reject with. */
export function repoLocked(): RepoError {
  return new RepoError("REPO_LOCKED");
}

async function isNeeded(host: Host): Promise<boolean> {
  const exists = await host.link.host.repoExists(host.uri).catch(() => false);
  return exists || host.users > 0;
}
