/**
 * Where repo.fs is not as Node's fs/promises, by the names that docs/NODE-FS.md explains. Each says which cases it is about
 * and what holds of them: a case that differs in another way, or that does not differ any more, fails.
 */
import type { Outcome } from "./outcome.js";
import type { Told } from "./two-sides.js";

export interface Difference {
  /** By the name of the case. */
  readonly cases: RegExp;
  /** Undefined where Node cannot be asked, since it would end the process. */
  readonly holds?: (node: Told, ours: Told) => boolean;
  /** Of ours alone. */
  readonly ours?: (ours: Told) => boolean;
}

interface Shown {
  readonly code?: string;
  readonly error?: string;
  readonly path?: string;
}

function thrown(outcome: Outcome): Shown {
  return "thrown" in outcome ? (outcome.thrown as Shown) : {};
}

function result(outcome: Outcome): unknown {
  return "result" in outcome ? outcome.result : undefined;
}

/** Paths, and entries with their types. */
type Listings = readonly [readonly string[], unknown];

function steps(told: Told): readonly Shown[] {
  return result(told.outcome) as readonly Shown[];
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  "node-aborts": {
    cases:
      /4294967295\)$|^mkdir\("new", \{mode: 4294967295\}|\{mode: 4294967295\}|a second readableWebStream/,
    ours: ({ outcome }) => "result" in outcome,
  },
  "times-beyond-dates": {
    cases: /^l?utimes of atime 9007199254740992/,
    holds: (node, ours) => "result" in node.outcome && thrown(ours.outcome).code === "EINVAL",
  },
  "long-realpath": {
    cases: /^realpath\('y\/y\/.*4097'/,
    holds: (node, ours) =>
      thrown(node.outcome).code === "ENOENT" && thrown(ours.outcome).code === "ENAMETOOLONG",
  },
  "recursive-readdir-and-links": {
    cases: /^readdir\(\., recursive\)/,
    holds: (node, ours) => {
      const [theirs, here] = [node, ours].map(({ outcome }) => result(outcome) as Listings);
      const followed = (path: string): boolean => path.startsWith("ld/");
      return same([theirs?.[0].filter((path) => !followed(path)), theirs?.[1]], here);
    },
  },
  "empty-prefix": {
    cases: /^mkdtemp\(""\)/,
    holds: (node, ours) =>
      (result(node.outcome) as Shown).code === "EINVAL" &&
      same((result(ours.outcome) as unknown[])[1], 6),
  },
  "copy-of-a-directory": {
    cases: /^copyFile\("(d|e|ld|d\/y|e\/|ld\/)", "(f|empty|hard|lf|dangling)"\)/,
    // The error is the same; ours has left everything as it was.
    holds: (node, ours) =>
      same(node.outcome, ours.outcome) &&
      ours.tree.some((line) => line.startsWith("/empty ")) &&
      node.tree.length <= ours.tree.length + 1,
  },
  "null-buffer": {
    cases: /^open\(f, .*\): read\(\{buffer: null\}\)/,
    holds: (node, ours) =>
      steps(node)[0]?.error === "TypeError" && steps(ours)[0]?.code === "ERR_INVALID_ARG_TYPE",
  },
  "bigint-positions": {
    cases: /^open\(f, r\+?\): read\(Buffer\[4\], 0, 4, 2n\)/,
    holds: (_, ours) => same(steps(ours)[0], { bytesRead: 4, buffer: { bytes: "e qu" } }),
  },
  "stream-options": {
    cases: /^createReadStream\("hex"\)/,
    holds: (node, ours) =>
      "result" in node.outcome && thrown(ours.outcome).code === "ERR_INVALID_ARG_TYPE",
  },
  "closed-handles": {
    cases: /of a closed handle in the place of a path$/,
    holds: (node, ours) =>
      thrown(node.outcome).code !== undefined && thrown(ours.outcome).code === "EBADF",
  },
  "watch-paths": {
    cases: /^watch\((""|"\\ud800"|"\\udc00x"|)\)$/,
    holds: (node, ours) =>
      thrown(node.outcome).code === "ENOENT" && thrown(ours.outcome).code === "ENOENT",
  },
};
