/**
 * Credentials: where a command gets passwords and keys from. Never from the command line, which every process of the
 * system can read: from a terminal without echo, from stdin, a file, a file descriptor, or a variable that is named.
 */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { RepoCredential } from "../../api/credential.js";
import { UsageError } from "./exit-code.js";
import { LineReader, promptSecret } from "./prompt.js";
import type { Terminal } from "./terminal.js";

/** For parseArgs. */
export const CREDENTIAL_OPTIONS = {
  "password-file": { type: "string" },
  "password-fd": { type: "string" },
  "password-env": { type: "string" },
  "key-file": { type: "string" },
  "recovery-key": { type: "boolean" },
  "recovery-key-file": { type: "string" },
  "recovery-key-fd": { type: "string" },
  "recovery-key-env": { type: "string" },
} as const;

export const NEW_PASSWORD_OPTIONS = {
  "new-password-file": { type: "string" },
  "new-password-fd": { type: "string" },
  "new-password-env": { type: "string" },
} as const;

export const CREDENTIAL_HELP = `Password (never an argument, which every process could read):
  without an option     asked for at the terminal, without echo; else the first line of stdin
  --password-file FILE  the first line of a file
  --password-fd N       the first line of an open file descriptor, as in 3< <(pass show vault)
  --password-env NAME   the environment variable of that name
  --key-file FILE       a raw key of 32 bytes instead of a password
  --recovery-key        the recovery key instead, asked for or from stdin in the same way
  --recovery-key-file FILE, --recovery-key-fd N, --recovery-key-env NAME
                        the recovery key from there`;

type OptionValues = Readonly<Record<string, unknown>>;

/** What is read as a line of text; the word in the names of its options. */
type Secret = "password" | "new-password" | "recovery-key";
const SOURCES = ["file", "fd", "env"] as const;

/** Reads what a command needs, each secret once. */
export class Credentials {
  readonly #terminal: Terminal;
  #stdin: LineReader | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async current(options: OptionValues): Promise<RepoCredential> {
    onlyOne(options, Object.keys(CREDENTIAL_OPTIONS));
    const keyFile = options["key-file"];
    if (typeof keyFile === "string") return { rawKey: await rawKeyIn(keyFile) };
    if (options["recovery-key"] === true || comesFrom(options, "recovery-key"))
      return { recoveryKey: await this.#secret(options, "recovery-key") };
    return { password: await this.#secret(options, "password") };
  }

  async newPassword(options: OptionValues): Promise<string> {
    onlyOne(options, Object.keys(NEW_PASSWORD_OPTIONS));
    const password = await this.#secret(options, "new-password");
    const isTyped = this.#terminal.stdin.isTTY === true && !comesFrom(options, "new-password");
    if (isTyped && (await promptSecret(this.#terminal, "Repeat new password: ")) !== password)
      throw new UsageError("the two passwords differ");
    return password;
  }

  async #secret(options: OptionValues, name: Secret): Promise<string> {
    const what = name.replace("-", " ");
    const secret = await this.#find(options, name, what);
    if (secret === "") throw new UsageError(`the ${what} is empty`);
    return secret;
  }

  async #find(options: OptionValues, name: Secret, what: string): Promise<string> {
    const [file, fd, variable] = SOURCES.map((source) => options[`${name}-${source}`]);
    if (typeof file === "string") return firstLine(createReadStream(file), what);
    if (typeof fd === "string") return firstLine(openDescriptor(fd), what);
    if (typeof variable === "string") return this.#variable(variable);
    const { stdin } = this.#terminal;
    if (stdin.isTTY === true)
      return promptSecret(this.#terminal, `${what.replace(/^./, (c) => c.toUpperCase())}: `);
    this.#stdin ??= new LineReader(stdin);
    return asText(await this.#stdin.next(`the ${what}`), what);
  }

  #variable(name: string): string {
    const value = this.#terminal.env[name];
    if (value === undefined) throw new UsageError(`there is no environment variable ${name}`);
    return value;
  }
}

/** Whether the credential comes from an option, so that stdin is free for something else. */
export function isGiven(options: OptionValues): boolean {
  const given = comesFrom(options, "password") || comesFrom(options, "recovery-key");
  return given || options["key-file"] !== undefined;
}

function comesFrom(options: OptionValues, name: Secret): boolean {
  return SOURCES.some((source) => options[`${name}-${source}`] !== undefined);
}

function onlyOne(options: OptionValues, names: readonly string[]): void {
  const given = names.filter((name) => options[name] !== undefined);
  if (given.length > 1)
    throw new UsageError(`give one of ${given.map((name) => `--${name}`).join(", ")}`);
}

function openDescriptor(text: string): AsyncIterable<Uint8Array | string> {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError("a file descriptor is a number");
  return createReadStream("", { fd: Number(text), autoClose: false });
}

async function firstLine(
  stream: AsyncIterable<Uint8Array | string>,
  what: string,
): Promise<string> {
  try {
    return asText(await new LineReader(stream).next(`the ${what}`), what);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the ${what} cannot be read: ${reason}`);
  }
}

/** Text, so that it is normalised as one that is typed in a browser. */
function asText(line: Uint8Array, what: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(line);
  } catch {
    throw new UsageError(`the ${what} is not UTF-8`);
  }
}

async function rawKeyIn(file: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new UsageError(`the key cannot be read: ${error instanceof Error ? error.message : ""}`);
  }
  if (bytes.length !== 32) throw new UsageError("a key file holds exactly 32 bytes");
  return bytes;
}
