/**
 * WorkerMemory: what the workers of a page hold, asked of V8 in each of them (CDP
 * `Runtime.getHeapUsage`): objects on its heap, Blink's objects, and the contents of all buffers.
 */
import type { CDPSession, Page } from "@playwright/test";

export interface MemorySample {
  /** Right after a garbage collection: what is reachable. */
  readonly liveBytes: number;
  /** Right before it: with what the collector had not come to yet. */
  readonly rawBytes: number;
}

interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize: number;
  readonly backingStorageSize: number;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

export class WorkerMemory {
  readonly #session: CDPSession;
  /** Session ids of the workers that run. */
  readonly #workers = new Set<string>();
  readonly #waiting = new Map<number, (reply: Reply) => void>();
  #calls = 0;

  private constructor(session: CDPSession) {
    this.#session = session;
    session.on("Target.attachedToTarget", ({ sessionId, targetInfo }) => {
      if (targetInfo.type === "worker") this.#workers.add(sessionId);
    });
    session.on("Target.detachedFromTarget", ({ sessionId }) => this.#workers.delete(sessionId));
    session.on("Target.receivedMessageFromTarget", ({ message }) => {
      const reply = JSON.parse(message) as Reply;
      this.#waiting.get(reply.id)?.(reply);
      this.#waiting.delete(reply.id);
    });
  }

  /** Watches the workers that `page` has and will have. */
  static async watch(page: Page): Promise<WorkerMemory> {
    const session = await page.context().newCDPSession(page);
    const memory = new WorkerMemory(session);
    // Not flat, because Playwright gives no way to a session within a session.
    const wanted = { autoAttach: true, waitForDebuggerOnStart: false, flatten: false };
    await session.send("Target.setAutoAttach", wanted);
    return memory;
  }

  /** Of the only worker, or undefined if there is none. */
  async sample(): Promise<MemorySample | undefined> {
    const [worker, ...others] = this.#workers;
    if (worker === undefined) return undefined;
    if (others.length > 0) throw new Error("one worker was expected");
    const rawBytes = await this.#heapBytes(worker);
    await this.#ask(worker, "HeapProfiler.collectGarbage");
    return { rawBytes, liveBytes: await this.#heapBytes(worker) };
  }

  async #heapBytes(worker: string): Promise<number> {
    const usage = (await this.#ask(worker, "Runtime.getHeapUsage")) as HeapUsage;
    return usage.usedSize + usage.embedderHeapUsedSize + usage.backingStorageSize;
  }

  async #ask(sessionId: string, method: string): Promise<unknown> {
    const id = ++this.#calls;
    const answered = new Promise<Reply>((resolve) => this.#waiting.set(id, resolve));
    const message = JSON.stringify({ id, method });
    await this.#session.send("Target.sendMessageToTarget", { sessionId, message });
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }
}
