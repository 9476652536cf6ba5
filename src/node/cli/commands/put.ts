import { lstat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { Repo } from "../../../api/repo.js";
import { isRepoError, RepoError } from "../../../errors.js";
import type { Command, Invocation } from "../command.js";
import { CopyIn } from "../copy-in.js";
import { joinPath } from "../copy.js";
import { CREDENTIAL_HELP, CREDENTIAL_OPTIONS, isGiven } from "../credentials.js";
import { EXIT, UsageError } from "../exit-code.js";
import { Progress } from "../progress.js";

const STDIN = "-";

/** `cofferfs put`: local files into a container. */
export const put: Command = {
  name: "put",
  summary: "copy local files into a container",
  operands: ["FILE", "SOURCE…", "PATH"],
  options: {
    ...CREDENTIAL_OPTIONS,
    recursive: { type: "boolean", short: "r" },
    force: { type: "boolean", short: "f" },
    quiet: { type: "boolean", short: "q" },
  },
  help: `Usage: cofferfs put [-r] [-f] FILE SOURCE… PATH

Copies local files into the container, with -r also folders and everything below. PATH is a directory that exists, or
ends in "/" and is made, or is the name of the copy. "-" as SOURCE is stdin. A file appears whole or not at all, and is
on storage when the command ends.

Examples:
  cofferfs put vault.coffer letter.txt /letters/
  cofferfs put vault.coffer letter.txt /letters/first.txt
  cofferfs put -r vault.coffer ~/Pictures/2026 /photos/
  pg_dump mydb | cofferfs put --password-file key.txt vault.coffer - /backup/mydb.sql

Options:
  -r, --recursive   also folders
  -f, --force       replace files that exist
  -q, --quiet       say nothing of what was copied

${CREDENTIAL_HELP}`,

  run(invocation) {
    const { operands, terminal } = invocation;
    const sources = operands.slice(1, -1);
    const hasOption = isGiven(invocation.options);
    if (sources.includes(STDIN) && !hasOption && terminal.stdin.isTTY !== true)
      throw new UsageError("stdin is the content, so the password has to come from an option");
    return invocation.withRepo({ readOnly: false }, async (repo) => {
      const progress = new Progress(terminal, invocation.flag("quiet"));
      const { signal } = terminal;
      const copy = new CopyIn(repo, { signal, progress, force: invocation.flag("force") });
      const into = await directoryOf(repo, operands.at(-1) ?? "", sources.length);
      for (const source of sources) await putOne(source, into, copy, invocation);
      await repo.sync();
      progress.finish();
      return EXIT.ok;
    });
  },
};

interface Destination {
  readonly path: string;
  readonly isDirectory: boolean;
}

async function putOne(
  source: string,
  { path, isDirectory }: Destination,
  copy: CopyIn,
  invocation: Invocation,
): Promise<void> {
  if (source === STDIN) {
    if (isDirectory)
      throw new UsageError("what comes from stdin needs a name: PATH is a directory");
    await copy.content(invocation.terminal.stdin, path);
    return;
  }
  if ((await lstat(source)).isDirectory() && !invocation.flag("recursive"))
    throw new UsageError(`${source} is a folder: -r copies it with everything below`);
  await copy.tree(source, isDirectory ? joinPath(path, basename(resolve(source))) : path);
}

async function directoryOf(repo: Repo, path: string, sources: number): Promise<Destination> {
  const absolute = path.startsWith("/") ? path : `/${path}`;
  if (absolute.endsWith("/")) {
    await repo.fs.mkdir(absolute, { recursive: true });
    return { path: absolute, isDirectory: true };
  }
  const isDirectory = await repo.fs.stat(absolute).then(
    (stats) => stats.isDirectory(),
    (error: unknown) => {
      if (isRepoError(error, "ENOENT")) return false;
      throw error;
    },
  );
  if (sources > 1 && !isDirectory) throw new RepoError("ENOTDIR", { path });
  return { path: absolute, isDirectory };
}
