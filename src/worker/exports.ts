/** Exports: those under way, by the numbers that the page knows them by. */
import { transfer } from "comlink";
import { RepoError } from "../errors.js";
import { firstNumber } from "./open-files.js";
import type { ContainerExport } from "./container-export.js";
import type { ExportStart, RemoteExports } from "./protocol.js";

export class Exports {
  readonly #running = new Map<number, ContainerExport>();
  #last: number;

  constructor(session = 0) {
    this.#last = firstNumber(session);
  }

  add(one: ContainerExport): ExportStart {
    const id = ++this.#last;
    this.#running.set(id, one);
    return { id, totalBytes: one.totalBytes };
  }

  /** @throws EBADF if it has ended */
  async next(id: number): ReturnType<RemoteExports["nextExport"]> {
    const one = this.#running.get(id);
    if (one === undefined) throw new RepoError("EBADF", { syscall: "export" });
    const piece = await one.next();
    return piece && transfer(piece, [piece.buffer]);
  }

  async end(id: number): Promise<void> {
    const one = this.#running.get(id);
    this.#running.delete(id);
    await one?.end();
  }

  /** Lets go of whatever is still held. */
  async endAll(): Promise<void> {
    await Promise.all([...this.#running.keys()].map((id) => this.end(id)));
  }
}
