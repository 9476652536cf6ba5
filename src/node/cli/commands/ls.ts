import type { Repo } from "../../../api/repo.js";
import type { Stats } from "../../../api/stats.js";
import type { Command, Invocation } from "../command.js";
import { joinPath } from "../copy.js";
import { CREDENTIAL_HELP, CREDENTIAL_OPTIONS } from "../credentials.js";
import { EXIT } from "../exit-code.js";
import { printable } from "../terminal.js";

/** `cofferfs ls`: names, and with `--long` what is known of them. */
export const ls: Command = {
  name: "ls",
  summary: "list files and directories",
  operands: ["FILE", "PATH…?"],
  options: {
    ...CREDENTIAL_OPTIONS,
    long: { type: "boolean", short: "l" },
    recursive: { type: "boolean", short: "R" },
    json: { type: "boolean" },
  },
  help: `Usage: cofferfs ls [-l] [-R] [--json] FILE [PATH…]

Lists the entries of directories, or a file itself; by default those of the root. Directories end in "/".

Examples:
  cofferfs ls vault.coffer
  cofferfs ls -l vault.coffer /letters
  cofferfs ls -R vault.coffer | grep invoice
  cofferfs ls -R --json vault.coffer | jq '.[] | select(.size > 1000000) | .path'

Options:
  -l, --long        with permissions, size, time of the last change, and where links lead
  -R, --recursive   with everything below, by paths
  --json            as JSON: path, type, size, mode, mtime; names exactly as they are

${CREDENTIAL_HELP}`,

  run: (invocation) =>
    invocation.withRepo({ readOnly: true }, async (repo) => {
      const paths = invocation.operands.length > 1 ? invocation.operands.slice(1) : ["/"];
      const all: Entry[] = [];
      for (const path of paths) {
        const entries = await entriesOf(repo, path, invocation.flag("recursive"));
        if (invocation.flag("json")) all.push(...(await described(repo, entries)));
        else await printEntries(repo, entries, invocation);
      }
      if (invocation.flag("json"))
        await invocation.printJson(all.map(({ path, stats }) => jsonOf(path, stats)));
      return EXIT.ok;
    }),
};

interface Name {
  readonly path: string;
  /** As it is shown. */
  readonly shown: string;
  readonly isDirectory: boolean;
}

interface Entry extends Name {
  readonly stats: Stats | undefined;
}

async function entriesOf(repo: Repo, path: string, recursive: boolean): Promise<Name[]> {
  if (!(await repo.fs.stat(path)).isDirectory()) return [{ path, shown: path, isDirectory: false }];
  const listing = await repo.fs.readdir(path, { withFileTypes: true, recursive });
  const base = joinPath(path, "");
  return listing.map((entry) => {
    const at = joinPath(entry.parentPath, entry.name);
    const shown = at.slice(at.startsWith(base) ? base.length : 0);
    return { path: at, shown, isDirectory: entry.isDirectory() };
  });
}

async function described(repo: Repo, names: readonly Name[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const name of names) entries.push({ ...name, stats: await repo.fs.lstat(name.path) });
  return entries;
}

async function printEntries(
  repo: Repo,
  names: readonly Name[],
  invocation: Invocation,
): Promise<void> {
  for (const name of names) {
    const shown = printable(name.shown) + (name.isDirectory ? "/" : "");
    if (!invocation.flag("long")) await invocation.print(shown);
    else await invocation.print(`${await longLine(repo, name)} ${shown}${await arrow(repo, name)}`);
  }
}

async function longLine(repo: Repo, { path }: Name): Promise<string> {
  const stats = await repo.fs.lstat(path);
  const type = stats.isDirectory() ? "d" : stats.isSymbolicLink() ? "l" : "-";
  const time = stats.mtime.toISOString().slice(0, 16).replace("T", " ");
  return `${type}${bitsOf(stats.mode)} ${String(stats.size).padStart(12)} ${time}`;
}

async function arrow(repo: Repo, { path }: Name): Promise<string> {
  const stats = await repo.fs.lstat(path);
  return stats.isSymbolicLink() ? ` -> ${printable(await repo.fs.readlink(path))}` : "";
}

function bitsOf(mode: number): string {
  const letters = Array.from("rwxrwxrwx");
  return letters.map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : "-")).join("");
}

function jsonOf(path: string, stats: Stats | undefined) {
  const type = stats?.isDirectory() ? "directory" : stats?.isSymbolicLink() ? "symlink" : "file";
  const mode = (stats?.mode ?? 0) & 0o7777;
  return { path, type, size: stats?.size, mode, mtime: stats?.mtime.toISOString() };
}
