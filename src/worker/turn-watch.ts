/**
 * TurnWatch: how the engine's worker, which must not block, waits for its turn in a synchronous channel: with
 * `Atomics.waitAsync`, or where there is none for a message.
 */
import { TURN, WORD, type SyncArea } from "../codec/sync-area.js";

export class TurnWatch {
  readonly #area: SyncArea;
  readonly #messages: BroadcastChannel | undefined;
  #wake: () => void = () => undefined;

  constructor(area: SyncArea, name: string) {
    this.#area = area;
    if (Reflect.has(Atomics, "waitAsync")) return;
    this.#messages = new BroadcastChannel(name);
    this.#messages.onmessage = () => {
      this.wake();
    };
    Atomics.store(area.words, WORD.pings, 1);
  }

  /** Resolves to true when it is the engine's turn, and to false when the channel has ended. */
  async turn(): Promise<boolean> {
    while (this.#turn === TURN.caller) await this.#change();
    return this.#turn === TURN.engine;
  }

  /** Has `turn` look again. */
  wake(): void {
    this.#wake();
  }

  end(): void {
    this.#messages?.close();
  }

  get #turn(): number {
    return Atomics.load(this.#area.words, WORD.turn);
  }

  async #change(): Promise<void> {
    if (this.#messages === undefined) {
      const waiting = Atomics.waitAsync(this.#area.words, WORD.turn, TURN.caller);
      if (waiting.async) await waiting.value;
      return;
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      // A message may have come before anybody waited for it.
      if (this.#turn !== TURN.caller) resolve();
    });
  }
}
