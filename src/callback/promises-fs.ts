/**
 * PromisesFs: what has the shape of `node:fs/promises`, be it a RepoFs, Node's own module or something else. Nothing is known of it but
 * names: arguments go through as they are, so what it takes and what it refuses is its own.
 */
import { codedError } from "../api/node-errors.js";

type Call = (...args: never) => unknown;

/** Functions with a path, and how many arguments their twins with callbacks have. */
export const PATH_CALLS = {
  access: 3,
  appendFile: 4,
  chmod: 3,
  chown: 4,
  copyFile: 4,
  cp: 4,
  lchown: 4,
  link: 3,
  lstat: 3,
  lutimes: 4,
  mkdir: 3,
  mkdtemp: 3,
  open: 4,
  opendir: 3,
  readFile: 3,
  readdir: 3,
  readlink: 3,
  realpath: 3,
  rename: 3,
  rm: 3,
  rmdir: 3,
  stat: 3,
  statfs: 3,
  symlink: 4,
  truncate: 3,
  unlink: 2,
  utimes: 4,
  writeFile: 4,
} as const;

/** What not every version of Node has. */
export const OPTIONAL_CALLS = { glob: 3, lchmod: 3 } as const;

/** Anything of the shape of `node:fs/promises`. */
export type PromisesFs = Readonly<Record<keyof typeof PATH_CALLS | "watch", Call>> &
  Readonly<Partial<Record<keyof typeof OPTIONAL_CALLS, Call>>> & { readonly constants: object };

export function hasCall(target: object, name: string): boolean {
  return typeof Reflect.get(target, name) === "function";
}

/** What `target[name](...args)` gives. */
export function invoke(target: object, name: string, args: readonly unknown[]): unknown {
  const member: unknown = Reflect.get(target, name);
  if (typeof member !== "function")
    throw codedError("ERR_METHOD_NOT_IMPLEMENTED", `The ${name}() method is not implemented`);
  return Reflect.apply(member, target, args);
}

/** The same once it is there; what the call throws at once is a rejection as well. */
export async function resolved(
  target: object,
  name: string,
  args: readonly unknown[],
): Promise<unknown> {
  return invoke(target, name, args);
}
