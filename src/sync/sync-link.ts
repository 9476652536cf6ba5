/**
 * SyncLink: the caller's side of a synchronous channel. It writes a call into the shared memory, passes the turn to the engine, and
 * blocks until it is back.
 */
import { decodeError } from "../api/wire-errors.js";
import { SyncArea, TURN, WORD } from "../codec/sync-area.js";
import { decodeValue, ValueEncoder, type WireMessage } from "../codec/wire-value.js";
import { RepoError } from "../errors.js";
import type { SyncChannelParts, WireThrown } from "../worker/protocol.js";

/** Whoever waits looks by himself now and then, whether or not he is woken. */
const DOZE_MS = 1000;

type Answer = readonly [ok: true, result: unknown] | readonly [ok: false, thrown: WireThrown];

export class SyncLink {
  readonly #area: SyncArea;
  readonly #encoder = new ValueEncoder();
  readonly #pings: BroadcastChannel | undefined;

  /** @throws EBUSY if the channel has a caller; BACKEND_UNAVAILABLE on a page */
  constructor({ memory, name }: SyncChannelParts) {
    this.#area = new SyncArea(memory);
    requireBlocking(this.#area);
    if (!this.#area.claim())
      throw new RepoError("EBUSY", { message: "the channel is in use: each worker needs its own" });
    if (Atomics.load(this.#area.words, WORD.pings) !== 0) this.#pings = new BroadcastChannel(name);
  }

  /** What the method returns. Bytes of the result lie in `into` where it has room for them. */
  call(method: string, args: readonly unknown[], into?: Uint8Array): unknown {
    this.#send(this.#encoder.encode([method, ...args]));
    const answer = decodeValue(this.#receive(into)) as Answer;
    if (answer[0]) return answer[1];
    throw "error" in answer[1] ? decodeError(answer[1].error) : answer[1].value;
  }

  #send(call: WireMessage): void {
    if (this.#area.ending !== undefined) this.#fail();
    const pieces = this.#area.send(call);
    while (pieces.next().done !== true) this.#passAndWait();
    this.#passAndWait();
  }

  #receive(into: Uint8Array | undefined): WireMessage {
    const pieces = this.#area.receive(into);
    for (;;) {
      const { done, value } = pieces.next();
      // Whoever ended the channel meanwhile has wiped what was read.
      if (!this.#area.holds("caller")) this.#fail();
      if (done === true) return value;
      this.#passAndWait();
    }
  }

  #passAndWait(): void {
    if (!this.#area.pass("caller")) this.#fail();
    this.#pings?.postMessage(TURN.engine);
    const { words } = this.#area;
    while (Atomics.load(words, WORD.turn) === TURN.engine)
      Atomics.wait(words, WORD.turn, TURN.engine, DOZE_MS);
    if (this.#area.ending !== undefined) this.#fail();
  }

  #fail(): never {
    this.#area.wipe();
    throw new RepoError(this.#area.ending ?? "WORKER_FAILED");
  }
}

/** Nobody waits here: the turn is never that of nobody. */
function requireBlocking({ words }: SyncArea): void {
  const NOBODY = -1;
  try {
    Atomics.wait(words, WORD.turn, NOBODY, 0);
  } catch (cause) {
    throw new RepoError("BACKEND_UNAVAILABLE", {
      message: "synchronous calls block, which only workers can: see `repo.syncChannel`",
      cause,
    });
  }
}
