/**
 * MarkKeeper: advances the mark of an open repo behind its commits (docs/ARCHITECTURE.md, "Whole rollback is noticed
 * by what lies outside the container"). No commit waits for it: at most one write is under way, and the next begins
 * a second after the last has ended, with the newest commit of then.
 */
import type { AnchorPoint } from "../crypto/anchor.js";
import type { Subkeys } from "../crypto/subkeys.js";
import type { Clock } from "../engine/environment.js";
import type { CommittedState } from "../engine/line.js";
import type { Marks } from "./marks.js";

/** Between the end of one write and the beginning of the next. */
const PAUSE_MS = 1000;
/** Opening and closing wait no longer for the other storage. */
const PATIENCE_MS = 1000;

export class MarkKeeper {
  readonly #marks: Marks;
  readonly #subkeys: () => Subkeys;
  readonly #clock: Clock;
  /** The newest record that is not written yet. */
  #due: (() => Promise<Uint8Array>) | undefined;
  /** The write that is under way or was the last. */
  #written: Promise<void> = Promise.resolve();
  #resting = false;
  #cancelRest: (() => void) | undefined;
  #ended = false;

  constructor(marks: Marks, subkeys: () => Subkeys, clock: Clock) {
    this.#marks = marks;
    this.#subkeys = subkeys;
    this.#clock = clock;
  }

  /** Told of every commit. */
  note(state: CommittedState): void {
    if (this.#ended) return;
    this.#due = state.settled ? this.#sealedNow(state) : () => this.#seal(state);
    if (!this.#resting) this.#write();
  }

  /** Remembers nothing but `state`, before anything is committed on top of it. */
  async reset(state: CommittedState): Promise<void> {
    this.#resting = true;
    this.#due = undefined;
    await this.#patiently(
      this.#written
        .then(() => this.#marks.forget())
        .then(async () => this.#marks.write(await this.#seal(state), this.#subkeys())),
    );
    this.#rest();
  }

  /** Writes what is due, and no more after it. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelRest?.();
    await this.#patiently(this.#written.then(() => this.#writeDue()));
  }

  /** Somebody else has the repo, and its mark. */
  abandon(): void {
    this.#ended = true;
    this.#due = undefined;
    this.#cancelRest?.();
  }

  #seal(point: AnchorPoint): Promise<Uint8Array> {
    return this.#marks.seal(point, this.#subkeys());
  }

  /** After the last commit there may be no keys any more. */
  #sealedNow(point: AnchorPoint): () => Promise<Uint8Array> {
    const record = this.#seal(point);
    record.catch(() => undefined);
    return () => record;
  }

  #write(): void {
    this.#resting = true;
    this.#written = this.#writeDue().then(() => {
      this.#rest();
    });
  }

  async #writeDue(): Promise<void> {
    const due = this.#due;
    this.#due = undefined;
    const record = await due?.().catch(() => undefined);
    if (record !== undefined) await this.#marks.write(record, this.#subkeys());
  }

  #rest(): void {
    if (this.#ended) return;
    this.#cancelRest = this.#clock.setTimer(PAUSE_MS, () => {
      this.#resting = false;
      if (this.#due !== undefined) this.#write();
    });
  }

  #patiently(work: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const done = this.#clock.setTimer(PATIENCE_MS, resolve);
      void work
        .catch(() => undefined)
        .then(() => {
          done();
          resolve();
        });
    });
  }
}
