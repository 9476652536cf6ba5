/**
 * The worker that derives keys: spawned when a password is used, terminated when the opening has
 * settled. The page only introduces it to the engine's worker; passwords and keys go from one to the other.
 */
import { transfer } from "comlink";
import { repoClosed } from "./hosts.js";
import type { WorkerFactory } from "./spawn.js";
import { WorkerLink } from "./worker-link.js";

export class Derivation {
  /** For the engine's worker. */
  readonly port: MessagePort;
  readonly #link: WorkerLink;

  constructor(factory: WorkerFactory) {
    const { port1, port2 } = new MessageChannel();
    this.port = port2;
    this.#link = new WorkerLink(factory, "kdf");
    // If this fails the worker is dead, which `failure` tells.
    this.#link.host.serveDerivation(transfer(port1, [port1])).catch(() => undefined);
  }

  /** Rejects if the worker dies. */
  async failure(): Promise<never> {
    throw await this.#link.death;
  }

  end(): void {
    this.#link.end(repoClosed);
  }
}
