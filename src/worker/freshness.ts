/**
 * Freshness: whether the container that is found is the one that was left there, by what lies outside of it: the
 * caller's anchor, the id that he expects, and the mark of this browser (docs/FORMAT.md §9.2).
 */
import { equalBytes } from "../codec/bytes.js";
import { anchorKeyGeneration, openAnchor, sealAnchor, type AnchorPoint } from "../crypto/anchor.js";
import type { Header, HeaderCandidate } from "../crypto/header.js";
import type { Subkeys } from "../crypto/subkeys.js";
import type { Unlocked } from "../crypto/unlock.js";
import type { Engine } from "../engine/engine.js";
import { standingTo, type CommittedState } from "../engine/line.js";
import type { FoundState } from "../engine/options.js";
import { RepoError } from "../errors.js";
import { bytesOfHex, hexOf } from "./hex.js";
import { MarkKeeper } from "./mark-keeper.js";
import { Marks } from "./marks.js";
import type { Place } from "./places.js";
import { platformEnvironment } from "./platform.js";
import type { Anchor, FreshnessEvent, OpenRequest } from "./protocol.js";

/** A storage may lose so many commits by confirming flushes early. */
const WEAK_FLUSHES = 3;

/** Those of the newest key generation, whichever that is by then. */
type Keys = Pick<Unlocked, "header" | "subkeys">;

/** How a found state stands to a remembered one. */
type Verdict = "descended" | "a little older" | "rolled back";

export class Freshness {
  readonly #request: OpenRequest;
  readonly #marks: Marks | undefined;
  readonly #notify: (event: FreshnessEvent) => void;
  /** Whether the mark says something else than what was found. */
  #isMarkWrong = false;
  #keys: Keys | undefined;
  #keeper: MarkKeeper | undefined;

  constructor(
    request: OpenRequest,
    { marks, location }: Pick<Place, "marks" | "location">,
    notify: (event: FreshnessEvent) => void,
  ) {
    this.#request = request;
    this.#marks = marks && new Marks(marks, location);
    this.#notify = notify;
  }

  /** There is no container. @throws REPO_MISSING if the caller knows of one, or this browser remembers one here */
  async admitAbsence(): Promise<void> {
    const { expect, anchor, acceptRollback } = this.#request;
    if (expect !== undefined || anchor !== undefined) throw new RepoError("REPO_MISSING");
    const known = (await this.#marks?.generations()) ?? [];
    if (known.length === 0) return;
    if (acceptRollback === undefined) throw new RepoError("REPO_MISSING");
    this.#isMarkWrong = true;
    const event = { type: "rollback", generation: 0, known: Math.max(...known) } as const;
    this.#notify({ ...event, accepted: acceptRollback });
  }

  /** Before keys are derived; what the header says is not believed yet. @throws REPO_MISSING */
  requireExpected(candidates: readonly Pick<HeaderCandidate, "header">[]): void {
    for (const id of [this.#request.expect, this.#request.anchor?.containerId])
      if (id !== undefined && !candidates.some(({ header }) => isContainer(header, id)))
        throw new RepoError("REPO_MISSING", {
          message: "another repo is here, and the one that is known to have existed is gone",
        });
  }

  /** Judges what was found, before anything is written. @throws REPO_MISSING, ROLLBACK */
  async vet(found: FoundState, keys: Unlocked): Promise<void> {
    this.#keys = keys;
    this.requireExpected([keys]);
    const generation = found.line[0]?.generation ?? 0;
    const { anchor, repair = false, acceptRollback } = this.#request;
    const lost = Math.max(0, ...found.lostGenerations);
    const refusals: { readonly known: number; readonly message: string }[] = [];
    if (lost > 0 && (repair || acceptRollback !== undefined))
      refusals.push({ known: lost, message: "a newer commit is there and is not whole" });
    if (anchor !== undefined && !(await this.#isFresh(anchor, found, keys)))
      refusals.push({
        known: anchor.generation,
        message: "the storage does not hold what the anchor stands for",
      });
    const marked = await this.#compareMark(found, keys);
    if (marked?.verdict === "rolled back")
      refusals.push({
        known: marked.known,
        message: "the storage holds an older state than this browser has seen",
      });
    const [first] = refusals;
    if (first !== undefined && acceptRollback === undefined)
      throw new RepoError("ROLLBACK", { message: first.message });
    if (first !== undefined) {
      const known = Math.max(...refusals.map((refusal) => refusal.known));
      this.#isMarkWrong = true;
      this.#notify({ type: "rollback", generation, known, accepted: acceptRollback });
    } else if (marked?.verdict === "a little older")
      this.#notify({ type: "rollback", generation, known: marked.known });
  }

  /** Remembers what `engine` commits from now on. */
  async follow(engine: Engine, keys: Keys): Promise<void> {
    this.#keys = keys;
    if (this.#marks === undefined || engine.readOnly) return;
    const { clock } = platformEnvironment();
    const keeper = new MarkKeeper(this.#marks, () => keys.subkeys, clock);
    if (this.#isMarkWrong) await keeper.reset(engine.newest);
    else keeper.note(engine.newest);
    this.#keeper = keeper;
  }

  /** Told of every commit. */
  note(state: CommittedState): void {
    this.#keeper?.note(state);
  }

  /** The last state is remembered when it resolves, if it can be at all. */
  async end(): Promise<void> {
    await this.#keeper?.end();
  }

  /** Somebody else has the repo. */
  abandon(): void {
    this.#keeper?.abandon();
  }

  /** The token that stands for `state` wherever it is kept. @throws REPO_CLOSED */
  async anchorOf(state: CommittedState): Promise<Anchor> {
    if (this.#keys === undefined) throw new RepoError("REPO_CLOSED");
    const { header, subkeys } = this.#keys;
    const tag = hexOf(await sealAnchor(state, "anywhere", subkeys));
    return { containerId: hexOf(header.containerId), generation: state.generation, tag };
  }

  async #isFresh(anchor: Anchor, found: FoundState, keys: Unlocked): Promise<boolean> {
    const { header } = keys;
    const { generation } = anchor;
    const tag = bytesOfHex(anchor.tag);
    const subkeys = subkeysFor(tag, keys);
    const opened = await openAnchor(tag, generation, "anywhere", subkeys);
    if (opened.trust === "foreign" || opened.trust === "newer keys") return false;
    if (isHeaderOlder(header, opened.point)) return false;
    return standingTo(found.line, opened.point) === "descended";
  }

  /** Undefined if there is no mark that can be believed. */
  async #compareMark(
    found: FoundState,
    keys: Unlocked,
  ): Promise<{ verdict: Verdict; known: number } | undefined> {
    const { header } = keys;
    const mark = await this.#marks?.read(keys.subkeys, (anchor) => subkeysFor(anchor, keys));
    if (mark === undefined && ((await this.#marks?.generations()) ?? []).length === 0)
      return undefined;
    if (mark?.trust !== "genuine") {
      this.#isMarkWrong = true;
      this.#notify({ type: "foreign-mark" });
      return undefined;
    }
    const standing = standingTo(found.line, mark.point);
    const known = mark.point.generation;
    if (standing === "descended" && !isHeaderOlder(header, mark.point))
      return { verdict: "descended", known };
    this.#isMarkWrong = true;
    const isLittle = typeof standing === "object" && standing.older <= WEAK_FLUSHES;
    const weak = isLittle && !isHeaderOlder(header, mark.point);
    return { verdict: weak ? "a little older" : "rolled back", known };
  }
}

/** Of the generation that an anchor says it is of, if its keys are still there; else of the newest. */
function subkeysFor(anchor: Uint8Array, { sealer, subkeys }: Unlocked): Subkeys {
  const generation = anchorKeyGeneration(anchor);
  return (generation === undefined ? undefined : sealer.subkeysOf(generation)) ?? subkeys;
}

function isContainer({ containerId }: Pick<Header, "containerId">, id: string): boolean {
  return equalBytes(containerId, bytesOfHex(id));
}

/** A credential that was dropped since opens an older header. */
function isHeaderOlder(header: Header, point: AnchorPoint): boolean {
  return header.headerGeneration < point.headerGeneration;
}
