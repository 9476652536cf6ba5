import { mkdir, readdir } from "node:fs/promises";
import type { Command } from "../command.js";
import { CopyOut } from "../copy-out.js";
import { CREDENTIAL_HELP, CREDENTIAL_OPTIONS } from "../credentials.js";
import { UsageError } from "../exit-code.js";
import { Progress } from "../progress.js";

/** `cofferfs export`: everything, as plain files. */
export const exportTree: Command = {
  name: "export",
  summary: "copy everything out into a new folder, as plain files",
  operands: ["FILE", "FOLDER", "PATH?"],
  options: { ...CREDENTIAL_OPTIONS, quiet: { type: "boolean", short: "q" } },
  help: `Usage: cofferfs export FILE FOLDER [PATH]

Copies the whole tree, or what is below PATH, into a folder that is empty or does not exist yet: plain files, not
encrypted, with permissions and times. Links are made last and as they are, wherever they lead. What is damaged is
reported and left out; the rest is copied, and the exit code is 4.

Examples:
  cofferfs export vault.coffer ./plain
  cofferfs export vault.coffer ./letters /letters
  cofferfs export --password-file key.txt vault.coffer ./plain 2> errors.txt

Options:
  -q, --quiet   say nothing of what was copied

${CREDENTIAL_HELP}`,

  run: (invocation) =>
    invocation.withRepo({ readOnly: true }, async (repo) => {
      const [folder, from = "/"] = invocation.operands.slice(1);
      if (folder === undefined) throw new UsageError("missing FOLDER");
      // Before anything is made: there must be something to copy.
      await repo.fs.readdir(from);
      await mkdir(folder, { recursive: true });
      if ((await readdir(folder)).length > 0) throw new UsageError(`${folder} is not empty`);
      const progress = new Progress(invocation.terminal, invocation.flag("quiet"));
      const { signal } = invocation.terminal;
      const exit = await new CopyOut(repo, { signal, progress, force: false }).tree(from, folder);
      progress.finish();
      return exit;
    }),
};
