/**
 * The crash states of a recorded run: after each event, what the storage may hold once the power is
 * gone. Unflushed pieces (a slot, a header write, a resize) are lost or kept independently, and the
 * last write is torn. States that an earlier crash point already gave are left out, unless a mark
 * since then asks more of them.
 */
import { HEADER_AREA_BYTES } from "../../src/backends/block-store.js";
import type { DiskImage } from "./disk-image.js";
import type { DiskChange } from "./disk-image.js";
import { Journal } from "./disk-log.js";
import type { DiskEvent, DiskLog } from "./disk-log.js";
import { Prng } from "./prng.js";

const SECTOR_BYTES = 512;

export interface CrashOptions {
  readonly seed: number;
  /** A write of the last so many flushes may be lost as well. */
  readonly weakFlushes?: number;
  /** Up to so many unflushed pieces every subset is tried (12). */
  readonly exhaustivePieces?: number;
  /** Beyond, so many random subsets per crash point (200), and none, all, each one missing, each one only. */
  readonly samples?: number;
  /** Pieces of each write that are torn (4), and byte positions of a torn header write beside the sectors (64). */
  readonly tornPieces?: number;
  readonly tornHeaderBytes?: number;
}

export interface CrashState {
  readonly image: DiskImage;
  /** Index of the last event before the crash; -1 is before the first. */
  readonly event: number;
  /** Bounds of the workload's states that this image may show (-1: none yet). */
  readonly lastSubmitted: number;
  readonly lastAcknowledged: number;
  /** Enough to replay: seed, event, and what became of the unflushed pieces. */
  readonly describe: () => string;
}

/** Crash states in a fixed order for a fixed log and seed. Images stay valid after the iteration. */
export function* crashImages(log: DiskLog, options: CrashOptions): Generator<CrashState, void> {
  const journal = new Journal(log.base, options.weakFlushes ?? 0);
  const root = new Prng(options.seed);
  const marks = { submitted: -1, acknowledged: -1 };
  for (let event = -1; event < log.events.length; event += 1) {
    const happened = log.events[event];
    if (happened !== undefined) advance(journal, marks, happened);
    if (happened?.kind === "submitted" || isEmptyWrite(happened)) continue;
    const point: CrashPoint = {
      durable: journal.durable,
      unflushed: journal.unflushed,
      fresh: happened?.kind === "write" ? happened.pieces.length : Infinity,
      prng: root.fork(`event ${event}`),
      options,
    };
    const [lastSubmitted, lastAcknowledged] = [marks.submitted, marks.acknowledged];
    for (const { image, what } of log.orderedWrites ? prefixes(point) : outcomes(point)) {
      const describe = (): string => `seed ${options.seed}, crash after event ${event}: ${what()}`;
      yield { image, event, lastSubmitted, lastAcknowledged, describe };
    }
  }
}

/** A failed write of which nothing landed adds no state. */
function isEmptyWrite(event: DiskEvent | undefined): boolean {
  return event?.kind === "write" && event.pieces.length === 0;
}

interface CrashPoint {
  readonly durable: DiskImage;
  readonly unflushed: readonly DiskChange[];
  /** So many pieces at the end are new since the last crash point; all are, if a flush or mark was. */
  readonly fresh: number;
  readonly prng: Prng;
  readonly options: CrashOptions;
}

interface Outcome {
  readonly image: DiskImage;
  readonly what: () => string;
}

function advance(
  journal: Journal,
  marks: { submitted: number; acknowledged: number },
  event: DiskEvent,
): void {
  if (event.kind === "write") journal.write(event.id, event.pieces);
  else if (event.kind === "flush") journal.flush(event.uncovered);
  else marks[event.kind] = event.state;
}

/** All that an ordered store can show: its writes up to some piece. */
function* prefixes(point: CrashPoint): Generator<Outcome, void> {
  const { unflushed } = point;
  for (
    let kept = Math.max(0, unflushed.length - point.fresh + 1);
    kept <= unflushed.length;
    kept += 1
  ) {
    yield keep(point, (index) => index < kept);
  }
}

function* outcomes(point: CrashPoint): Generator<Outcome, void> {
  yield* subsets(point);
  if (point.fresh < Infinity) yield* torn(point);
}

function* subsets(point: CrashPoint): Generator<Outcome, void> {
  const count = point.unflushed.length;
  if (count > (point.options.exhaustivePieces ?? 12)) {
    yield* sampledSubsets(point);
    return;
  }
  const oldest = Math.max(0, count - point.fresh);
  for (let mask = 0; mask < 2 ** count; mask += 1) {
    // Without a fresh piece this subset is one of an earlier crash point.
    if (point.fresh < Infinity && mask >>> oldest === 0) continue;
    yield keep(point, (index) => ((mask >>> index) & 1) === 1);
  }
}

function* sampledSubsets(point: CrashPoint): Generator<Outcome, void> {
  const count = point.unflushed.length;
  yield keep(point, () => false);
  yield keep(point, () => true);
  for (let chosen = Math.max(0, count - point.fresh); chosen < count; chosen += 1) {
    yield keep(point, (index) => index !== chosen);
    yield keep(point, (index) => index === chosen);
  }
  const samples = point.options.samples ?? 200;
  for (let sample = 0; sample < samples; sample += 1) {
    const share = 0.1 + 0.8 * (point.prng.below(1001) / 1000);
    yield keep(point, () => point.prng.chance(share));
  }
}

function keep(point: CrashPoint, kept: (index: number) => boolean): Outcome {
  const { unflushed, durable } = point;
  const flags = unflushed.map((_, index) => kept(index));
  const image = durable.with(unflushed.filter((_, index) => flags[index]));
  return { image, what: () => describeLosses(unflushed, flags) };
}

/** The last write torn, each of some pieces at each sector, beside all and beside none of the others. */
function* torn(point: CrashPoint): Generator<Outcome, void> {
  const { unflushed, prng } = point;
  const fresh = unflushed
    .map((_, index) => index)
    .slice(Math.max(0, unflushed.length - point.fresh));
  for (const index of prng.sample(fresh, point.options.tornPieces ?? 4)) {
    const piece = unflushed[index];
    if (piece === undefined) continue;
    const others = unflushed.filter((_, other) => other !== index);
    yield* tornPiece(point, piece, others, "all others kept");
    if (others.length > 0) yield* tornPiece(point, piece, [], "all others lost");
  }
}

function* tornPiece(
  point: CrashPoint,
  piece: DiskChange,
  others: readonly DiskChange[],
  which: string,
): Generator<Outcome, void> {
  const beside = point.durable.with(others);
  for (const at of tearPositions(point, piece, beside)) {
    for (const change of tear(piece, at, beside)) {
      const image =
        piece.kind === "resize" ? resizedPartly(point, others, change) : beside.with([change]);
      yield { image, what: () => `torn at ${at}: ${describeChange(piece)}, ${which}` };
    }
  }
}

/** A resize is older than the writes that rely on it, so it goes first. */
function resizedPartly(
  point: CrashPoint,
  others: readonly DiskChange[],
  resize: DiskChange,
): DiskImage {
  return point.durable.with([resize, ...others.filter((other) => other.kind !== "resize")]);
}

function tearPositions(point: CrashPoint, piece: DiskChange, beside: DiskImage): number[] {
  if (piece.kind === "resize") {
    const [low, high] = [beside.slotCount, piece.slots].sort((a, b) => a - b);
    const inner = (high ?? 0) - (low ?? 0) - 1;
    return inner > 0 ? [(low ?? 0) + 1 + point.prng.below(inner)] : [];
  }
  const start = piece.kind === "header" ? piece.at : 0;
  const positions = new Set<number>();
  const first = SECTOR_BYTES - (start % SECTOR_BYTES);
  for (let at = first; at < piece.bytes.length; at += SECTOR_BYTES) positions.add(at);
  if (piece.kind === "header") {
    const inner = Array.from({ length: Math.max(0, piece.bytes.length - 1) }, (_, at) => at + 1);
    const wanted = point.options.tornHeaderBytes ?? 64;
    for (const at of point.prng.sample(inner, wanted)) positions.add(at);
  }
  return [...positions].sort((a, b) => a - b);
}

/** The piece with only what lies before `at` written, and with only what lies from it on. */
function tear(piece: DiskChange, at: number, under: DiskImage): DiskChange[] {
  if (piece.kind === "resize") return [{ kind: "resize", slots: at }];
  const { bytes } = piece;
  if (piece.kind === "header") {
    return [
      { kind: "header", at: piece.at, bytes: bytes.subarray(0, at) },
      { kind: "header", at: piece.at + at, bytes: bytes.subarray(at) },
    ];
  }
  const old = under.slot(piece.slot, bytes.length);
  const [front, back] = [bytes.slice(), bytes.slice()];
  front.set(old.subarray(at, bytes.length), at);
  back.set(old.subarray(0, at));
  return [
    { kind: "slot", slot: piece.slot, bytes: front },
    { kind: "slot", slot: piece.slot, bytes: back },
  ];
}

function describeLosses(pieces: readonly DiskChange[], kept: readonly boolean[]): string {
  const lost = pieces.filter((_, index) => kept[index] !== true);
  if (lost.length === 0) return `all ${pieces.length} unflushed pieces kept`;
  return `${lost.length} of ${pieces.length} unflushed pieces lost: ${lost.map(describeChange).join(", ")}`;
}

export function describeChange(change: DiskChange): string {
  if (change.kind === "slot") return `slot ${change.slot}`;
  if (change.kind === "resize") return `resize to ${change.slots}`;
  const end = Math.min(HEADER_AREA_BYTES, change.at + change.bytes.length);
  return `header ${change.at}..${end}`;
}
