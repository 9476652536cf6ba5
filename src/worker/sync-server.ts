/**
 * SyncServer: answers the calls of one synchronous channel, one after the other, for as long as the channel lives. The
 * handles that are opened through it are its own to close.
 */
import { RepoError } from "../errors.js";
import { MalformedBytes } from "../codec/bytes.js";
import type { SyncArea } from "../codec/sync-area.js";
import { decodeValue, ValueEncoder, type WireMessage } from "../codec/wire-value.js";
import { FileService } from "./file-service.js";
import type { TreeMethod } from "./protocol.js";
import { TurnWatch } from "./turn-watch.js";
import { encodeThrown } from "./wire-errors.js";

/** Methods that result in a handle. */
const OPENING: ReadonlySet<string> = new Set(["open", "openLocked", "openStaging"]);

/** Calls a method of the files that a channel is for. */
export type FilesCall = (method: TreeMethod, args: readonly unknown[]) => Promise<unknown>;

export class SyncServer {
  readonly #area: SyncArea;
  readonly #files: FilesCall;
  readonly #watch: TurnWatch;
  readonly #encoder = new ValueEncoder();
  readonly #open = new Set<number>();
  readonly #done: Promise<void>;

  constructor(area: SyncArea, name: string, files: FilesCall) {
    this.#area = area;
    this.#files = files;
    this.#watch = new TurnWatch(area, name);
    this.#done = this.#serve();
  }

  /** Resolves when the channel, which has ended, has nothing open any more. */
  async close(): Promise<void> {
    this.#area.end("EBADF");
    this.#watch.wake();
    await this.#done;
  }

  async #serve(): Promise<void> {
    try {
      while (await this.#answerNext());
    } catch (error) {
      // No message of ours: whoever sent it has written where he should not.
      if (!(error instanceof MalformedBytes)) throw error;
      this.#area.end("WORKER_FAILED");
    } finally {
      this.#watch.end();
      this.#area.wipe();
      // A repo that is closed has closed them.
      await Promise.allSettled([...this.#open].map((fd) => this.#files("fdClose", [fd])));
    }
  }

  /** False once the channel has ended. */
  async #answerNext(): Promise<boolean> {
    if (!(await this.#watch.turn())) return false;
    const request = await this.#receive();
    if (request === undefined) return false;
    return this.#send(await this.#answer(request));
  }

  async #receive(): Promise<WireMessage | undefined> {
    const pieces = this.#area.receive();
    for (;;) {
      const { done, value } = pieces.next();
      // Whoever ended the channel meanwhile has wiped what was read.
      if (!this.#area.holds("engine")) return undefined;
      if (done === true) return value;
      if (!(await this.#passAndWait())) return undefined;
    }
  }

  async #send(answer: WireMessage): Promise<boolean> {
    const pieces = this.#area.send(answer);
    while (pieces.next().done !== true) if (!(await this.#passAndWait())) return false;
    return this.#area.pass("engine");
  }

  async #passAndWait(): Promise<boolean> {
    return this.#area.pass("engine") && (await this.#watch.turn());
  }

  async #answer(request: WireMessage): Promise<WireMessage> {
    try {
      const [method, ...args] = decodeValue(request) as [TreeMethod, ...unknown[]];
      return this.#encoder.encode([true, await this.#call(method, args)]);
    } catch (error) {
      return this.#encoder.encode([false, encodeThrown(error)]);
    }
  }

  async #call(method: TreeMethod, args: readonly unknown[]): Promise<unknown> {
    if (!Object.hasOwn(FileService.prototype, method)) throw new RepoError("EINVAL");
    const result = await this.#files(method, args);
    if (OPENING.has(method)) this.#open.add(result as number);
    if (method === "fdClose") this.#open.delete(args[0] as number);
    return result;
  }
}
