import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "../command.js";
import { CopyOut } from "../copy-out.js";
import { lastName } from "../copy.js";
import { CREDENTIAL_HELP, CREDENTIAL_OPTIONS } from "../credentials.js";
import { EXIT, UsageError } from "../exit-code.js";
import { Progress } from "../progress.js";

/** `cofferfs get`: a file, or a directory with everything below, onto the local disk. */
export const get: Command = {
  name: "get",
  summary: "copy a file or directory out of a container",
  operands: ["FILE", "PATH", "TARGET?"],
  options: {
    ...CREDENTIAL_OPTIONS,
    recursive: { type: "boolean", short: "r" },
    force: { type: "boolean", short: "f" },
    quiet: { type: "boolean", short: "q" },
  },
  help: `Usage: cofferfs get [-r] [-f] FILE PATH [TARGET]

Copies a file out of the container, with -r also a directory and everything below. TARGET is a folder that exists or
the name of the copy; by default the same name in the working directory. A file appears whole or not at all.

Examples:
  cofferfs get vault.coffer /letters/first.txt
  cofferfs get vault.coffer /letters/first.txt /tmp/letter.txt
  cofferfs get -r vault.coffer /photos ~/Pictures

Options:
  -r, --recursive   also directories
  -f, --force       replace files that exist
  -q, --quiet       say nothing of what was copied

${CREDENTIAL_HELP}`,

  run: (invocation) =>
    invocation.withRepo({ readOnly: true }, async (repo) => {
      const from = invocation.operand(1);
      const progress = new Progress(invocation.terminal, invocation.flag("quiet"));
      const { signal } = invocation.terminal;
      const copy = new CopyOut(repo, { signal, progress, force: invocation.flag("force") });
      const isDirectory = (await repo.fs.stat(from)).isDirectory();
      if (isDirectory && !invocation.flag("recursive"))
        throw new UsageError(`${from} is a directory: -r copies it with everything below`);
      const to = await targetOf(invocation.operands[2], lastName(from));
      let exit: Awaited<ReturnType<Command["run"]>> = EXIT.ok;
      if (isDirectory) {
        await mkdir(to, { recursive: invocation.flag("force") });
        exit = await copy.tree(from, to);
      } else await copy.file(from, to);
      progress.finish();
      return exit;
    }),
};

async function targetOf(given: string | undefined, name: string): Promise<string> {
  const target = given ?? ".";
  const isFolder = await stat(target).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
  if (!isFolder) return target;
  if (name === "") throw new UsageError("the root has no name: use `cofferfs export`");
  return join(target, name);
}
