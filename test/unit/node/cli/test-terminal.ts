/** A Terminal whose streams a test fills and reads. */
import { PassThrough } from "node:stream";
import type { SecretInput, Terminal } from "../../../../src/node/cli/terminal.js";

export interface TestTerminal extends Terminal {
  readonly stdin: SecretInput & PassThrough;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough & { isTTY?: boolean };
  readonly rawModes: boolean[];
  /** Everything on stderr so far. */
  shown(): string;
  /** Everything on stdout so far. */
  printed(): string;
}

export interface TestTerminalChoice {
  readonly stdin?: string;
  readonly isTTY?: boolean;
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
}

export function testTerminal(choice: TestTerminalChoice): TestTerminal {
  const { stdin: input, isTTY = false, env = {} } = choice;
  const rawModes: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY,
    setRawMode: (raw: boolean) => rawModes.push(raw),
  });
  if (!isTTY) stdin.end(input ?? "");
  const [stdout, stderr] = [new PassThrough(), Object.assign(new PassThrough(), { isTTY })];
  const collected = (stream: PassThrough): (() => string) => {
    const pieces: Buffer[] = [];
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    return () => Buffer.concat(pieces).toString();
  };
  const signal = choice.signal ?? new AbortController().signal;
  const [shown, printed] = [collected(stderr), collected(stdout)];
  return { stdin, stdout, stderr, env, signal, rawModes, shown, printed };
}
