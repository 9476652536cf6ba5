/** Command: what every command of the command line has, and what it is run with. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Repo } from "../../api/repo.js";
import type { RepoEvent } from "../../api/repo-event.js";
import type { RepoCredential } from "../../api/credential.js";
import { openRepo } from "../repos.js";
import { Credentials } from "./credentials.js";
import { UsageError, type ExitCode } from "./exit-code.js";
import { writeTo, type Terminal } from "./terminal.js";

type Options = NonNullable<ParseArgsConfig["options"]>;

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Begins with "Usage:"; teaches by examples. */
  readonly help: string;
  readonly options: Options;
  /** Names of the arguments; `?` marks those that may be left out, `…` the one that may be repeated. */
  readonly operands: readonly string[];
  run(invocation: Invocation): Promise<ExitCode>;
}

/** How a command opens its container. */
export interface Opening {
  readonly readOnly: boolean;
  /** Default: what the options name. */
  readonly credential?: RepoCredential;
}

/** A command line that fits its command. */
export class Invocation {
  readonly terminal: Terminal;
  readonly operands: readonly string[];
  readonly credentials: Credentials;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor({ options, operands }: Command, args: string[], terminal: Terminal) {
    const parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
    const required = operands.filter((name) => !name.endsWith("?")).length;
    const most = operands.some((name) => name.includes("…")) ? Infinity : operands.length;
    if (parsed.positionals.length < required)
      throw new UsageError(`missing ${operands[parsed.positionals.length] ?? "argument"}`);
    if (parsed.positionals.length > most) throw new UsageError("too many arguments");
    this.terminal = terminal;
    this.operands = parsed.positionals;
    this.credentials = new Credentials(terminal);
    this.#values = parsed.values;
  }

  /** The container's path, the first argument of every command. */
  get container(): string {
    return this.operand(0);
  }

  operand(index: number): string {
    return this.operands[index] ?? "";
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  /** Read anew by each call. */
  credential(): Promise<RepoCredential> {
    return this.credentials.current(this.#values);
  }

  newPassword(): Promise<string> {
    return this.credentials.newPassword(this.#values);
  }

  get options(): Readonly<Record<string, unknown>> {
    return this.#values;
  }

  /** A line for people, on stderr. */
  note(line: string): void {
    this.terminal.stderr.write(`${line}\n`);
  }

  /** A line of the result. */
  print(line: string): Promise<void> {
    return writeTo(this.terminal.stdout, `${line}\n`);
  }

  printJson(value: unknown): Promise<void> {
    return this.print(JSON.stringify(value, undefined, 2));
  }

  /** Opens the repo for `use` and closes it afterwards, whatever happens. */
  async withRepo<T>(opening: Opening, use: (repo: Repo) => Promise<T>): Promise<T> {
    const repo = await openRepo(this.container, await this.openOptions(opening));
    let result: T;
    try {
      result = await use(repo);
    } catch (error) {
      await repo.close().catch(() => undefined);
      throw error;
    }
    await repo.close();
    return result;
  }

  async openOptions({ readOnly, credential }: Opening) {
    return {
      ...(credential ?? (await this.credential())),
      readOnly,
      signal: this.terminal.signal,
      onEvent: (event: RepoEvent) => {
        this.#report(event);
      },
    };
  }

  #report(event: RepoEvent): void {
    if (event.type !== "recovered") return;
    const { generation, lostGenerations } = event;
    const lost = lostGenerations.length === 0 ? "" : ` (lost: ${lostGenerations.join(", ")})`;
    this.note(`warning: commits newer than ${generation} may have been lost${lost}`);
  }
}
