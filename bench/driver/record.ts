/**
 * The record of a run: a line of JSON for each turn, written when it ends, so that a run that is broken off loses
 * at most one turn and another can go on.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { BenchSizes, Entrant, Sample } from "../messages.js";
import type { Failure } from "../report/statistics.js";
import type { Job } from "./plan.js";

/** What all of a record was measured with. */
export interface Circumstances {
  readonly date: string;
  readonly browser: string;
  readonly cpu: string;
  readonly cores: number;
  readonly tree: string;
  readonly sizes: BenchSizes;
  readonly entrants: readonly Entrant[];
}

export interface Turn extends Job {
  readonly ms: number;
  readonly samples: readonly Sample[];
  /** Why it failed, if it did. */
  readonly reason?: string;
}

type Line = { readonly circumstances: Circumstances } | { readonly turn: Turn };

export class BenchRecord {
  readonly #path: string | undefined;
  #circumstances: Circumstances | undefined;
  readonly #turns: Turn[] = [];

  /** Without a path it is kept in memory only. */
  constructor(path: string | undefined, resume: boolean) {
    this.#path = path;
    if (path === undefined) return;
    if (resume && existsSync(path)) this.#load(path);
    else {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, "");
    }
  }

  get circumstances(): Circumstances {
    if (this.#circumstances === undefined) throw new Error("the record is empty");
    return this.#circumstances;
  }

  get samples(): Sample[] {
    return this.#turns.flatMap(({ samples }) => samples);
  }

  get failures(): Failure[] {
    return this.#turns.flatMap(({ workload, entrant, reason }) =>
      reason === undefined ? [] : { workload, entrant, reason },
    );
  }

  /** Turns of other sizes cannot be mixed. */
  begin(circumstances: Circumstances): void {
    const before = this.#circumstances;
    if (
      before !== undefined &&
      JSON.stringify(before.sizes) !== JSON.stringify(circumstances.sizes)
    )
      throw new Error("the record is of other sizes: run without --resume");
    this.#circumstances = circumstances;
    this.#write({ circumstances });
  }

  add(turn: Turn): void {
    this.#turns.push(turn);
    this.#write({ turn });
  }

  has(job: Job): boolean {
    return this.#turns.some((turn) => turn.repetition === job.repetition && isSame(turn, job));
  }

  hasFailed(job: Job): boolean {
    return this.#turns.some((turn) => isSame(turn, job) && turn.reason !== undefined);
  }

  spentMs(job: Job): number {
    return this.#turns.reduce((sum, turn) => (isSame(turn, job) ? sum + turn.ms : sum), 0);
  }

  #load(path: string): void {
    for (const text of readFileSync(path, "utf8").split("\n").filter(Boolean)) {
      const line = JSON.parse(text) as Line;
      if ("turn" in line) this.#turns.push(line.turn);
      else this.#circumstances = line.circumstances;
    }
  }

  #write(line: Line): void {
    if (this.#path !== undefined) appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }
}

function isSame(one: Job, other: Job): boolean {
  return one.workload === other.workload && one.entrant === other.entrant;
}
