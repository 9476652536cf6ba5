import type { Command } from "../command.js";
import { contentOf } from "../copy.js";
import { CREDENTIAL_HELP, CREDENTIAL_OPTIONS } from "../credentials.js";
import { EXIT } from "../exit-code.js";
import { writeTo } from "../terminal.js";

/** `cofferfs cat`: contents to stdout. */
export const cat: Command = {
  name: "cat",
  summary: "write the contents of files to stdout",
  operands: ["FILE", "PATH", "PATH…?"],
  options: CREDENTIAL_OPTIONS,
  help: `Usage: cofferfs cat FILE PATH…

Writes the contents of files to stdout, one after the other, byte for byte. What is damaged is never written: the
command stops there with exit code 4.

Examples:
  cofferfs cat vault.coffer /letters/first.txt
  cofferfs cat vault.coffer /backup.tar.gz | tar tz
  pass show vault | cofferfs cat vault.coffer /notes.md

${CREDENTIAL_HELP}`,

  run: (invocation) =>
    invocation.withRepo({ readOnly: true }, async (repo) => {
      const { stdout, signal } = invocation.terminal;
      for (const path of invocation.operands.slice(1))
        for await (const piece of contentOf(repo, path, signal)) await writeTo(stdout, piece);
      return EXIT.ok;
    }),
};
