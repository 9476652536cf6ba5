/**
 * Credentials: where a command gets passwords and keys from. Never from the command line, which every process of the
 * system can read: from a terminal without echo, from stdin, a file, a file descriptor, or a variable that is named.
 */
import { readFile } from "node:fs/promises";
import { createReadStream } from "node:fs";
import type { Credential } from "../../crypto/credential.js";
import { UsageError } from "./exit-code.js";
import { LineReader, promptSecret } from "./prompt.js";
import type { Terminal } from "./terminal.js";

/** For parseArgs. */
export const CREDENTIAL_OPTIONS = {
  "password-file": { type: "string" },
  "password-fd": { type: "string" },
  "password-env": { type: "string" },
  "key-file": { type: "string" },
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
  --key-file FILE       a raw key of 32 bytes instead of a password`;

type OptionValues = Readonly<Record<string, unknown>>;

/** Reads what a command needs, each secret once. */
export class Credentials {
  readonly #terminal: Terminal;
  #stdin: LineReader | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  async current(options: OptionValues): Promise<Credential> {
    const keyFile = options["key-file"];
    if (typeof keyFile === "string") {
      onlyOne(options, [...Object.keys(CREDENTIAL_OPTIONS)]);
      return { rawKey: await rawKeyIn(keyFile) };
    }
    return { password: await this.#password(options, "", "password") };
  }

  async replacement(options: OptionValues): Promise<Credential> {
    const password = await this.#password(options, "new-", "new password");
    const isTyped = this.#terminal.stdin.isTTY === true && !isGiven(options, "new-");
    if (isTyped && (await promptSecret(this.#terminal, "Repeat new password: ")) !== password)
      throw new UsageError("the two passwords differ");
    return { password };
  }

  async #password(options: OptionValues, prefix: string, what: string): Promise<string> {
    onlyOne(
      options,
      ["file", "fd", "env"].map((kind) => `${prefix}password-${kind}`),
    );
    const password = await this.#find(options, prefix, what);
    if (password === "") throw new UsageError(`the ${what} is empty`);
    return password;
  }

  async #find(options: OptionValues, prefix: string, what: string): Promise<string> {
    const file = options[`${prefix}password-file`];
    const fd = options[`${prefix}password-fd`];
    const variable = options[`${prefix}password-env`];
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

/** Whether a password of this kind comes from an option. */
export function isGiven(options: OptionValues, prefix = ""): boolean {
  const names = ["password-file", "password-fd", "password-env"].map((name) => prefix + name);
  return [...names, `${prefix}key-file`].some((name) => options[name] !== undefined);
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
