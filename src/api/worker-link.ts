/**
 * WorkerLink: a worker and every channel to it. However the worker ends (an uncaught error, a script that
 * does not load, terminated by us or by somebody else), all channels fail at once.
 */
import { wrap, type Remote } from "comlink";
import { RepoError } from "../errors.js";
import type { Notice, RemoteHost } from "../worker/protocol.js";
import { Channel, type Port } from "./channel.js";
import type { WorkerFactory, WorkerRole } from "./spawn.js";
import { receiveWholeErrors } from "./wire-errors.js";

export class WorkerLink {
  readonly host: Remote<RemoteHost>;
  /** Resolves if the worker dies; stays pending if it is ended. */
  readonly death: Promise<RepoError>;
  readonly #worker: Worker | undefined;
  readonly #channels = new Set<Channel>();
  readonly #ended = new AbortController();
  #failure: (() => Error) | undefined;
  #announceDeath: (death: RepoError) => void = () => undefined;

  /** A factory that throws makes a link to a worker that is dead. */
  constructor(factory: WorkerFactory, role: WorkerRole) {
    receiveWholeErrors();
    this.death = new Promise((resolve) => {
      this.#announceDeath = resolve;
    });
    let port: Port = new MessageChannel().port1;
    try {
      port = this.#worker = factory(role);
      this.#watch(port);
    } catch (cause) {
      this.#die({ cause });
    }
    this.host = wrap<RemoteHost>(this.channel(port, (notice) => void this.#heed(notice)));
  }

  get alive(): boolean {
    return !this.#ended.signal.aborted;
  }

  /** A channel that ends with the worker. */
  channel(port: Port, onNotice: (notice: Notice) => void): Channel {
    const channel = new Channel(port, onNotice);
    this.#channels.add(channel);
    if (this.#failure !== undefined) channel.fail(this.#failure);
    return channel;
  }

  /** Lets go of a channel; its calls reject with `failure`. */
  closeChannel(channel: Channel, failure: () => Error): void {
    this.#channels.delete(channel);
    channel.fail(failure);
  }

  /** Terminates the worker; calls that are under way reject with `failure`. */
  end(failure: () => Error): void {
    this.#failure ??= failure;
    this.#ended.abort();
    this.#worker?.terminate();
    for (const channel of this.#channels) channel.fail(failure);
  }

  #watch(worker: Worker): void {
    worker.addEventListener("error", (event) => {
      this.#die(errorDetails(event));
    });
    worker.addEventListener("messageerror", () => {
      this.#die({ message: "a message from the worker could not be read" });
    });
    // Whoever made the worker can also terminate it, of which there is no event.
    const terminate = worker.terminate.bind(worker);
    worker.terminate = () => {
      terminate();
      this.#die({ message: "the worker was terminated" });
    };
  }

  #die(details: { readonly message?: string; readonly cause?: unknown }): void {
    if (!this.alive) return;
    const failure = (): RepoError => new RepoError("WORKER_FAILED", details);
    this.end(failure);
    this.#announceDeath(failure());
  }

  /** Nobody gets the worker's lock before the worker is gone. */
  async #heed({ aliveLock }: Notice): Promise<void> {
    if (aliveLock === undefined) return;
    const { signal } = this.#ended;
    try {
      await navigator.locks.request(aliveLock, { signal }, () => {
        this.#die({});
      });
    } catch {
      // Ended by us, and nobody needs to know any more.
    }
  }
}

/** A script that did not load raises an event without a message. */
function errorDetails(event: ErrorEvent | Event): { message?: string; cause?: Error } {
  if ("message" in event && event.message !== "") return { cause: new Error(event.message) };
  return { message: "the worker's script did not load; see the option `worker` of openRepo" };
}
