#!/usr/bin/env node
/** The command line's entry: what `cofferfs` runs. */
import process from "node:process";
import { EXIT } from "./exit-code.js";
import { run } from "./run.js";

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.on(signal, () => {
    // Who asks twice does not want to wait for what is under way. The lock that stays is stale.
    if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
    interrupted.abort(new DOMException("interrupted", "AbortError"));
  });
// A write to a pipe that is closed is an error of that write; the event beside it would end the process.
process.stdout.on("error", () => undefined);
process.stderr.on("error", () => undefined);

const { stdin, stdout, stderr, env } = process;
const terminal = { stdin, stdout, stderr, env, signal: interrupted.signal };
process.exitCode = await run(process.argv.slice(2), terminal);
// Nobody reads on from a stdin that has more.
stdin.destroy();
