/**
 * SyncArea: the shared memory of a synchronous channel (docs/ARCHITECTURE.md, "One core, many faces"). Two sides use it
 * in turn: who has the turn writes a piece of a message or takes one, and passes the turn on. The channel ends when
 * somebody takes the turn for good. How a side waits for its turn is its own affair.
 */
import { MalformedBytes } from "./bytes.js";
import type { WireMessage } from "./wire-value.js";

/** Whose turn it is. */
export const TURN = { caller: 0, engine: 1, ended: 2 } as const;

/** Why a channel has ended; its number is in the area. */
export const ENDINGS = ["REPO_CLOSED", "REPO_LOCKED", "WORKER_FAILED", "EBADF"] as const;
export type Ending = (typeof ENDINGS)[number];

/** The words before the data, of 32 bits each. */
export const WORD = {
  turn: 0,
  /** Index of {@link ENDINGS}, once the turn says so. */
  ending: 1,
  /** Sizes of the message that is under way. */
  headBytes: 2,
  bodyBytes: 3,
  /** 1 once a caller has the channel. */
  claimed: 4,
  /** 1 if the engine must be told of its turn by a message. */
  pings: 5,
} as const;

const WORDS_BYTES = 64;
const DATA_BYTES = 256 * 1024;
/** The largest content that one call can read or write. */
const MAX_PART_BYTES = 2 ** 31 - 1;

export class SyncArea {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly #data: Uint8Array<SharedArrayBuffer>;

  constructor(memory = new SharedArrayBuffer(WORDS_BYTES + DATA_BYTES)) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, WORDS_BYTES / 4);
    this.#data = new Uint8Array(memory, WORDS_BYTES);
  }

  /** For the one caller that the channel has; false for any other. */
  claim(): boolean {
    return Atomics.compareExchange(this.words, WORD.claimed, 0, 1) === 0;
  }

  /** Undefined while the channel lives. */
  get ending(): Ending | undefined {
    if (Atomics.load(this.words, WORD.turn) !== TURN.ended) return undefined;
    return ENDINGS[Atomics.load(this.words, WORD.ending)] ?? "WORKER_FAILED";
  }

  /** Passes the turn on; false if the channel has ended. */
  pass(from: "caller" | "engine"): boolean {
    const [mine, other] =
      from === "caller" ? [TURN.caller, TURN.engine] : [TURN.engine, TURN.caller];
    if (Atomics.compareExchange(this.words, WORD.turn, mine, other) !== mine) return false;
    Atomics.notify(this.words, WORD.turn);
    return true;
  }

  /**
   * Whether `side` still has the turn, and so has read from the area what was meant for it. An exchange and not a load: no read
   * moves behind it.
   */
  holds(side: "caller" | "engine"): boolean {
    const mine = TURN[side];
    return Atomics.compareExchange(this.words, WORD.turn, mine, mine) === mine;
  }

  /** Ends the channel, wakes whoever waits, and leaves nothing in the memory. The first ending counts. */
  end(ending: Ending): void {
    if (this.ending !== undefined) return;
    Atomics.store(this.words, WORD.ending, ENDINGS.indexOf(ending));
    Atomics.store(this.words, WORD.turn, TURN.ended);
    Atomics.notify(this.words, WORD.turn);
    this.wipe();
  }

  wipe(): void {
    this.#data.fill(0);
  }

  /** Writes a message, by a side that has the turn. At each `yield` the turn must go to the other side and come back. */
  *send({ head, body }: WireMessage): Generator<void, void> {
    this.words[WORD.headBytes] = head.length;
    this.words[WORD.bodyBytes] = body.length;
    for (let at = 0; ;) {
      at += this.#copyPart(at, head, body, (data, part) => {
        data.set(part);
      });
      if (at === head.length + body.length) return;
      yield;
    }
  }

  /**
   * Takes a message, by a side that has the turn; `yield` as with `send`. The body lies in `into` if there is room, and
   * otherwise in a buffer of its own.
   */
  *receive(into?: Uint8Array): Generator<void, WireMessage> {
    const head = new Uint8Array(this.#size(WORD.headBytes));
    const bodyBytes = this.#size(WORD.bodyBytes);
    const body =
      into !== undefined && bodyBytes <= into.length
        ? into.subarray(0, bodyBytes)
        : new Uint8Array(bodyBytes);
    for (let at = 0; ;) {
      at += this.#copyPart(at, head, body, (data, part) => {
        part.set(data);
      });
      if (at === head.length + bodyBytes) return { head, body };
      yield;
    }
  }

  /** Calls `copy` with the parts of head and body that the piece from `at` is made of; returns the piece's size. */
  #copyPart(
    at: number,
    head: Uint8Array,
    body: Uint8Array,
    copy: (data: Uint8Array, part: Uint8Array) => void,
  ): number {
    const capacity = this.#data.length;
    const headPart = head.subarray(at, at + capacity);
    const bodyFrom = Math.max(0, at - head.length);
    const bodyPart = body.subarray(bodyFrom, bodyFrom + capacity - headPart.length);
    const end = headPart.length + bodyPart.length;
    copy(this.#data.subarray(0, headPart.length), headPart);
    copy(this.#data.subarray(headPart.length, end), bodyPart);
    return end;
  }

  #size(word: number): number {
    const size = this.words[word] ?? 0;
    if (size < 0 || size > MAX_PART_BYTES) throw new MalformedBytes("no size of a message");
    return size;
  }
}
