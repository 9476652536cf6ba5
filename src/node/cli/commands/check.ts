import type { RepoEvent } from "../../../api/repo-event.js";
import type { CheckReport } from "../../../engine/check.js";
import { isRepoError } from "../../../errors.js";
import { checkHeaderArea } from "../../check-container.js";
import { openContainerFile } from "../../open-container.js";
import type { Command, Invocation } from "../command.js";
import { CREDENTIAL_HELP, CREDENTIAL_OPTIONS } from "../credentials.js";
import { EXIT } from "../exit-code.js";
import { printable } from "../terminal.js";

/** `cofferfs check`: reads everything and reports every damaged path. */
export const check: Command = {
  name: "check",
  summary: "read everything and report what is damaged",
  operands: ["FILE"],
  options: { ...CREDENTIAL_OPTIONS, json: { type: "boolean" } },
  help: `Usage: cofferfs check [--json] FILE

Reads everything that is stored, also the spare copies, and compares it with what is allocated. Each damaged path is a
line on stdout. Nothing is changed. Slots that hold nothing are not looked at.

Examples:
  cofferfs check vault.coffer
  cofferfs check --json vault.coffer | jq -r '.damage[].path'
  cofferfs check vault.coffer || echo "restore from another copy"

What can be damaged: content, entries or inode of a path; for the whole repo, "/": a spare copy, the allocation, a
header copy, a superblock cell. With a spare copy, header copy or cell alone everything is still readable. A cell may
also have been torn by a crash; the next commits write it anew.

Options:
  --json   the whole report as JSON

Exit code 0 if all is well, 4 if anything is damaged.

${CREDENTIAL_HELP}`,

  async run(invocation) {
    const report = await fullReport(invocation);
    if (invocation.flag("json")) await invocation.printJson(report);
    else {
      for (const { what, path } of report.damage)
        await invocation.print(`damaged ${what}: ${printable(path)}`);
      for (const problem of report.problems) await invocation.print(`problem: ${problem}`);
      invocation.note(summaryOf(report));
    }
    return report.ok ? EXIT.ok : EXIT.damage;
  },
};

type FullReport = Partial<Omit<CheckReport, "damage" | "ok" | "problems">> & {
  readonly ok: boolean;
  readonly damage: readonly { readonly path: string; readonly what: string }[];
  readonly problems: readonly string[];
};

async function fullReport(invocation: Invocation): Promise<FullReport> {
  const events: RepoEvent[] = [];
  const options = await invocation.openOptions({ readOnly: true });
  const onEvent = (event: RepoEvent): void => {
    events.push(event);
  };
  try {
    const { container } = await openContainerFile(invocation.container, { ...options, onEvent });
    try {
      const report = await container.engine.check();
      const damage = [...report.damage, ...(await checkHeaderArea(container)), ...lost(events)];
      return { ...report, damage, ok: damage.length === 0 && report.problems.length === 0 };
    } finally {
      await container.engine.close();
    }
  } catch (error) {
    if (!isRepoError(error, "INTEGRITY")) throw error;
    return { ok: false, damage: [{ path: "/", what: "container" }], problems: [error.message] };
  }
}

/** Commits that the storage had confirmed and does not have. */
function lost(events: readonly RepoEvent[]): { path: string; what: string }[] {
  return events.flatMap((event) => {
    if (event.type !== "recovered" || event.lostGenerations.length === 0) return [];
    return [{ path: "/", what: `newer commits (${event.lostGenerations.join(", ")})` }];
  });
}

function summaryOf({
  ok,
  damage,
  files,
  directories,
  symlinks,
  liveSlots,
  slots,
}: FullReport): string {
  const verdict = ok ? "no damage" : `damaged: ${damage.length}`;
  if (files === undefined) return verdict;
  return `${verdict}; ${files} files, ${directories ?? 0} directories, ${symlinks ?? 0} links, ${liveSlots ?? 0} of ${slots ?? 0} slots in use`;
}
