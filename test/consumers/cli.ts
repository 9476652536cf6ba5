/** The command line as its users have it: the bin of the installed package, as a process of its own. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import type { FreshApp } from "./fresh-app.js";

export interface CliResult {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface CliChoice {
  /** What comes on stdin. Default: nothing. */
  readonly stdin?: string | Uint8Array;
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** Runs `cofferfs` with these arguments to its end. */
export function cofferfs(
  app: FreshApp,
  parameters: readonly string[],
  { stdin = "", env = {}, cwd = app.folder }: CliChoice = {},
): Promise<CliResult> {
  const bin = join(app.folder, "node_modules", ".bin", "cofferfs");
  return new Promise((resolve, reject) => {
    const child = spawn(bin, parameters, {
      cwd,
      env: { ...process.env, ...env },
      shell: process.platform === "win32",
    });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (piece: Buffer) => stdout.push(piece));
    child.stderr.on("data", (piece: Buffer) => stderr.push(piece));
    // A command that does not read its stdin closes it.
    child.stdin.on("error", () => undefined);
    child.stdin.end(stdin);
    child.on("error", reject);
    child.on("close", (code) => {
      resolve({ code, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() });
    });
  });
}
