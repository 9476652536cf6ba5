/**
 * glob: paths that match patterns. A pattern is a list of parts, one for each component of a path (minimatch makes them, as in
 * Node); the search goes down the tree with the places that it has reached in each pattern, so that every directory is
 * listed once, and only where something may match.
 */
import { GLOBSTAR, Minimatch } from "minimatch";
import { isRepoError } from "../errors.js";
import type { FileSystem, FileType } from "../vfs/file-system.js";
import type { AskPage } from "./page-question.js";
import { isAbsolute, join, resolved } from "./path-text.js";
import type { GlobRequest, Listing } from "./protocol.js";

type Part = Minimatch["set"][number][number];

/** A pattern, and how many of its parts the path has matched so far. */
interface Place {
  readonly parts: readonly Part[];
  readonly index: number;
}

interface Found {
  /** As it is told. */
  readonly path: string;
  readonly type: FileType;
}

/** What to do at a path: where the search goes on below it, and what may end there. */
interface Step {
  readonly below: readonly Place[];
  readonly here: readonly Place[];
}

interface Entry {
  readonly name: string;
  readonly type: FileType;
}

function matcher(pattern: string): Minimatch {
  return new Minimatch(pattern, {
    windowsPathsNoEscape: true,
    nonegate: true,
    nocomment: true,
    optimizationLevel: 2,
    platform: "linux",
  });
}

/** `ask`, if there is one, tells of a path and its type whether it is left out, with everything below. */
export async function findPaths(
  fs: FileSystem,
  { patterns, exclude, cwd }: GlobRequest,
  ask: AskPage | undefined,
): Promise<Listing> {
  const search = new Search(fs, cwd, exclude, ask);
  const places = patterns
    .flatMap((pattern) => matcher(pattern).set)
    .map((parts) => ({ parts, index: 0 }));
  const absolute = places.filter(({ parts }) => parts[0] === "" && parts.length > 1);
  const relative = places.filter((place) => !absolute.includes(place));
  await search.run(".", relative);
  await search.run("/", absolute.map(next));
  return search.found;
}

class Search {
  readonly #fs: FileSystem;
  readonly #cwd: string;
  readonly #excluded: readonly Minimatch[];
  readonly #ask: AskPage | undefined;
  readonly #found = new Map<string, FileType>();

  constructor(fs: FileSystem, cwd: string, exclude: readonly string[], ask: AskPage | undefined) {
    this.#fs = fs;
    this.#cwd = resolved(cwd);
    this.#excluded = exclude.map((pattern) => matcher(resolved(pattern, this.#cwd)));
    this.#ask = ask;
  }

  get found(): Listing {
    return { names: [...this.#found.keys()], types: [...this.#found.values()] };
  }

  async run(path: string, places: readonly Place[]): Promise<void> {
    if (places.length === 0 || (await this.#typeOf(this.#at(path))) !== "directory") return;
    const start: Found = { path, type: "directory" };
    const open = [{ at: start, places: await this.#visit(start, { below: places, here: places }) }];
    for (let item = open.pop(); item !== undefined; item = open.pop()) {
      const steps = new Map<string, { entry: Found; below: Place[]; here: Place[] }>();
      for (const { name, type } of await this.#entries(item.at.path, item.places))
        for (const place of item.places) {
          const step = stepTo({ name, type }, place);
          if (step === undefined) continue;
          const to = join(item.at.path, name);
          const known = steps.get(to) ?? { entry: { path: to, type }, below: [], here: [] };
          known.below.push(...step.below);
          known.here.push(...step.here);
          steps.set(to, known);
        }
      for (const { entry, ...step } of steps.values()) {
        const below = await this.#visit(entry, step);
        if (below.length > 0) open.push({ at: entry, places: below });
      }
    }
  }

  /** Notes what was found, and returns with which places the search goes on below. */
  async #visit({ path, type }: Found, step: Step): Promise<readonly Place[]> {
    if (await this.#isExcluded(path, type)) return [];
    const here = closure(step.here);
    const below = closure(step.below);
    const needsDirectory = here.some(isBeforeSlash);
    const leadsTo =
      type === "symlink" && (below.length > 0 || needsDirectory) ? await this.#leadsTo(path) : type;
    if (here.some(isEnd) || (needsDirectory && leadsTo === "directory"))
      this.#found.set(path, type);
    return leadsTo === "directory" ? below.filter((place) => !isEnd(place)) : [];
  }

  async #isExcluded(path: string, type: FileType): Promise<boolean> {
    const at = this.#at(path);
    const matches = (text: string): boolean => this.#excluded.some((one) => one.match(text));
    if (matches(at) || (type === "directory" && matches(`${at}/`))) return true;
    return path !== "." && this.#ask !== undefined && (await this.#ask(path, type));
  }

  /** What is in a directory; if only names can match, what is there of them. */
  async #entries(path: string, places: readonly Place[]): Promise<readonly Entry[]> {
    const names = new Set<string>();
    for (const place of places) {
      const part = partOf(place);
      if (typeof part === "string") names.add(part);
      else return [...steps(names), ...(await this.#listed(path))];
    }
    const entries = [...names].map(async (name) => {
      const type = await this.#typeOf(`${this.#at(path)}/${name}`);
      return type === undefined ? [] : [{ name, type }];
    });
    return (await Promise.all(entries)).flat();
  }

  async #listed(path: string): Promise<readonly Entry[]> {
    try {
      return await this.#fs.readdir(this.#at(path));
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  }

  async #typeOf(path: string): Promise<FileType | undefined> {
    try {
      return (await this.#fs.lstat(path)).type;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  async #leadsTo(path: string): Promise<FileType | undefined> {
    try {
      return (await this.#fs.stat(this.#at(path))).type;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  }

  #at(path: string): string {
    return isAbsolute(path) ? path : resolved(path, this.#cwd);
  }
}

/** What listing does not tell of. */
function steps(names: ReadonlySet<string>): Entry[] {
  return [".", ".."].filter((name) => names.has(name)).map((name) => ({ name, type: "directory" }));
}

function isGone(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"].some(
    (code) => isRepoError(error) && error.code === code,
  );
}

function partOf({ parts, index }: Place): Part | undefined {
  return parts[index];
}

function next({ parts, index }: Place): Place {
  return { parts, index: index + 1 };
}

function isEnd({ parts, index }: Place): boolean {
  return index === parts.length;
}

/** The pattern ends in a slash. */
function isBeforeSlash({ parts, index }: Place): boolean {
  return index === parts.length - 1 && parts[index] === "";
}

/** With the places behind each `**`, which may stand for nothing. */
function closure(places: readonly Place[]): readonly Place[] {
  const all: Place[] = [];
  for (let place of places)
    for (;;) {
      if (all.some(({ parts, index }) => parts === place.parts && index === place.index)) break;
      all.push(place);
      if (partOf(place) !== GLOBSTAR) break;
      place = next(place);
    }
  return all;
}

/** How a place goes on over an entry; undefined if it does not match. */
function stepTo({ name, type }: Entry, place: Place): Step | undefined {
  const part = partOf(place);
  if (part === GLOBSTAR) {
    if (name.startsWith(".")) return undefined;
    // Links are found, but not followed: they may lead round in circles.
    return { here: [place], below: type === "directory" ? [place] : [] };
  }
  const matches = typeof part === "string" ? part === name : part?.test(name) === true;
  return matches && part !== "" ? { here: [next(place)], below: [next(place)] } : undefined;
}
