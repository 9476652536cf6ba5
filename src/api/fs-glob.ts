/** The part of RepoFs that finds paths by patterns. The search runs in the worker. */
import type { FileType, GlobRequest, RemoteFiles } from "../worker/protocol.js";
import { toPath } from "./arguments.js";
import { Dirent, joined } from "./dirent.js";
import type { GlobOptions, RepoFs } from "./fs.js";
import { asked } from "./page-question.js";
import { assertFunction, assertObject, assertString } from "./validate.js";

export function globCall(remote: RemoteFiles): RepoFs["glob"] {
  async function* glob(
    pattern: string | readonly string[],
    options: GlobOptions<never> = {},
  ): AsyncGenerator<string | Dirent> {
    assertObject(options);
    const { withFileTypes } = options;
    const request = toRequest(pattern, options);
    const shown = (path: string, type: FileType): string | Dirent =>
      withFileTypes ? direntOf(path, type, request.cwd) : path;
    const { names, types } = await asked(exclusion(options, shown), (port) =>
      remote.glob(request, port),
    );
    for (const [i, name] of names.entries()) yield shown(name, types[i] ?? "file");
  }
  return glob as RepoFs["glob"];
}

function toRequest(pattern: unknown, { cwd = "", exclude }: GlobOptions<never>): GlobRequest {
  return {
    patterns: textsOf(pattern, "patterns"),
    exclude: Array.isArray(exclude) ? textsOf(exclude, "options.exclude") : [],
    cwd: toPath(cwd, "options.cwd"),
  };
}

function textsOf(texts: unknown, name: string): readonly string[] {
  const all: readonly unknown[] = Array.isArray(texts) ? texts : [texts];
  return all.map((text, i) => {
    assertString(text, Array.isArray(texts) ? `${name}[${i}]` : name);
    return text;
  });
}

/** The caller's function, of what it wants to see. */
function exclusion(
  { exclude }: GlobOptions<never>,
  shown: (path: string, type: FileType) => string | Dirent,
): ((path: string, type: FileType) => boolean) | undefined {
  // As in Node, null is as good as nothing.
  const given: unknown = exclude ?? undefined;
  if (given === undefined || Array.isArray(given)) return undefined;
  assertFunction(given, "options.exclude");
  const leavesOut = given as (found: string | Dirent) => boolean;
  return (path, type) => leavesOut(shown(path, type));
}

function direntOf(path: string, type: FileType, cwd: string): Dirent {
  const slash = path.lastIndexOf("/");
  const parent = path.slice(0, Math.max(slash, 0)) || (slash === 0 ? "/" : "");
  return new Dirent(
    path.slice(slash + 1),
    path.startsWith("/") ? parent : joined(cwd || ".", parent),
    type,
  );
}
