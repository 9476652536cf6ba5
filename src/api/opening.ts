/**
 * Opening: one attempt to open a repo, from two workers and a few ports to a connection. It settles
 * whatever happens to either worker, and can be given up at any moment.
 */
import { transfer, wrap } from "comlink";
import type { OpenRequest, RemoteRepo, WatchedChange } from "../worker/protocol.js";
import type { Channel } from "./channel.js";
import { Derivation } from "./derivation.js";
import { acquireHost, releaseHost, repoClosed, repoLocked, type Host } from "./hosts.js";
import { secretBuffers } from "./credential.js";
import type { RepoConnection } from "./repo.js";
import { decodeEvent, type LockReason, type RepoEvent } from "./repo-event.js";
import type { WorkerFactory } from "./spawn.js";

export class Opening {
  readonly connection: RepoConnection;
  /** Settles when the repo is served on the connection, or will never be. */
  readonly done: Promise<void>;
  readonly #request: OpenRequest;
  readonly #host: Host;
  readonly #channel: Channel;
  readonly #served: Promise<void>;

  constructor(request: OpenRequest, factory: WorkerFactory, notify: (event: RepoEvent) => void) {
    let lock: (reason: LockReason) => void = () => undefined;
    const locked = new Promise<LockReason>((resolve) => {
      lock = resolve;
    });
    let tell: (change: WatchedChange) => void = () => undefined;
    const { port1, port2 } = new MessageChannel();
    this.#request = request;
    this.#host = acquireHost(request.uri, factory);
    const { link } = this.#host;
    this.#channel = link.channel(port1, ({ event, change }) => {
      if (change !== undefined) tell(change);
      if (event?.type === "locked") lock(event.reason);
      else if (event !== undefined) notify(decodeEvent(event));
    });
    this.connection = {
      remote: wrap<RemoteRepo>(this.#channel),
      death: link.death,
      locked,
      onChange: (listener) => {
        tell = listener;
      },
      derivation: () => new Derivation(factory),
      release: (locked) => this.#release(locked === true ? repoLocked : repoClosed),
    };
    const derivation = "password" in request.credential ? new Derivation(factory) : undefined;
    const ports = { repo: port2, derivation: derivation?.port };
    const moved = [
      port2,
      ...(derivation ? [derivation.port] : []),
      ...secretBuffers(request.credential),
    ];
    this.#served = link.host.openRepo(request, transfer(ports, moved));
    this.done = settled(this.#served, derivation);
  }

  /** Stops everything that was begun. Not for an opening that is done: close its connection. */
  async giveUp(): Promise<void> {
    const { host } = this.#host.link;
    if (this.#host.keepsRepo) {
      await host.abandon(this.#request.opening).catch(() => undefined);
      await this.#served.then(() => this.connection.remote.close()).catch(() => undefined);
    }
    await this.#release();
  }

  async #release(failure = repoClosed): Promise<void> {
    this.#host.link.closeChannel(this.#channel, failure);
    await releaseHost(this.#host);
  }
}

async function settled(served: Promise<void>, derivation: Derivation | undefined): Promise<void> {
  try {
    await Promise.race(derivation ? [served, derivation.failure()] : [served]);
  } finally {
    derivation?.end();
  }
}
