/** run: from a command line to an exit code. */
import { readFile } from "node:fs/promises";
import { check } from "./commands/check.js";
import { cat } from "./commands/cat.js";
import { exportTree } from "./commands/export-tree.js";
import { get } from "./commands/get.js";
import { info } from "./commands/info.js";
import { ls } from "./commands/ls.js";
import { passwd } from "./commands/passwd.js";
import { put } from "./commands/put.js";
import { Invocation, type Command } from "./command.js";
import { EXIT, EXIT_CODES_HELP, exitCodeOf, UsageError, type ExitCode } from "./exit-code.js";
import { printable, writeTo, type Terminal } from "./terminal.js";

const COMMANDS: readonly Command[] = [info, ls, cat, get, put, exportTree, check, passwd];

const HELP_WORDS = ["--help", "-h", "help"];

const HELP = `Usage: cofferfs COMMAND [OPTIONS] FILE …

Works on cofferfs containers: encrypted file systems, as \`exportRepo\` writes them in the browser.

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join("\n")}

Examples:
  cofferfs ls -l notes.coffer
  cofferfs cat notes.coffer /letters/first.txt
  cofferfs check notes.coffer

\`cofferfs COMMAND --help\` tells more, with examples; \`cofferfs --version\` which version this is.

${EXIT_CODES_HELP}`;

export async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [word, ...rest] = args;
  let command: Command | undefined;
  try {
    if (word === undefined) throw new UsageError("no command given");
    if (word === "--version") return await say(terminal, await version());
    if (HELP_WORDS.includes(word)) return await say(terminal, helpOf(rest[0]));
    command = commandNamed(word);
    if (asksForHelp(rest)) return await say(terminal, helpOf(word));
    return await command.run(new Invocation(command, rest, terminal));
  } catch (error) {
    const code = exitCodeOf(error);
    const where = command === undefined ? "cofferfs" : `cofferfs ${command.name}`;
    const message = error instanceof Error ? error.message : String(error);
    if (!isClosedPipe(error)) terminal.stderr.write(`${where}: ${printable(message)}\n`);
    if (code === EXIT.usage) terminal.stderr.write(`Try "${where} --help" for examples.\n`);
    return code;
  }
}

async function say({ stdout }: Terminal, text: string): Promise<ExitCode> {
  await writeTo(stdout, `${text}\n`);
  return EXIT.ok;
}

function commandNamed(word: string): Command {
  const command = COMMANDS.find(({ name }) => name === word);
  if (command === undefined) throw new UsageError(`there is no command "${word}"`);
  return command;
}

function helpOf(word: string | undefined): string {
  return word === undefined || word.startsWith("-") ? HELP : commandNamed(word).help;
}

/** Before "--", behind which everything is an argument. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  return options.includes("--help") || options.includes("-h");
}

async function version(): Promise<string> {
  const text = await readFile(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** Whoever read our output has had enough: no reason to complain. */
function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
