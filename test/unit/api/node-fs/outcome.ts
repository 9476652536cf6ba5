/** What a caller can see of results and errors, as plain data that two sides can be compared by. */

export type Outcome = { readonly result: unknown } | { readonly thrown: unknown };

type Cut = (text: string) => string;

/** Random parts of names, and the names of classes that are ours, are the same for all. */
export function shown(value: unknown, cut: Cut): unknown {
  if (typeof value === "string") return cut(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function" || typeof value === "symbol") return typeof value;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Error) return shownError(value, cut);
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value))
    return {
      bytes: cut(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1")),
    };
  if (Array.isArray(value)) return value.map((item) => shown(item, cut));
  if ("isSymbolicLink" in value) return shownNode(value as Typed & Fields, cut);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shown(item, cut)]));
}

interface Typed {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Stats and Dirents: fields that both have and that do not depend on the machine. */
function shownNode(node: Typed & Fields, cut: Cut): unknown {
  const is = {
    file: node.isFile(),
    directory: node.isDirectory(),
    symlink: node.isSymbolicLink(),
    device: node.isBlockDevice() || node.isCharacterDevice() || node.isFIFO() || node.isSocket(),
  };
  if ("parentPath" in node)
    return shown(
      { is, name: node["name"], parentPath: node["parentPath"], path: node["path"] },
      cut,
    );
  const { mode, nlink, uid, gid, size, mtimeMs, atimeMs, mtimeNs, mtime } = node;
  // Symlinks have all permission bits on Linux, directories sizes of their own; times are compared where they are set.
  const old = (mtime as Date).getTime() < 1.1e12;
  const times = old ? { mtimeMs, mtimeNs, mtime, atimeMs: typeof atimeMs } : {};
  const types = [typeof mode, typeof node["ino"], typeof node["blocks"], typeof node["ctimeMs"]];
  return shown(
    { is, mode, nlink, uid, gid, ...times, types, ...(is.directory ? {} : { size }) },
    cut,
  );
}

const FIELDS = ["code", "errno", "syscall", "path", "dest"];

function shownError(error: Error, cut: Cut): unknown {
  const fields = FIELDS.map((field) => [field, (error as unknown as Fields)[field]] as const);
  const told = fields.filter(([, value]) => value !== undefined);
  const name = ["RepoError", "SystemError"].includes(error.name) ? "Error" : error.name;
  return shown({ error: name, ...Object.fromEntries(told), message: error.message }, cut);
}
