/**
 * The tests by which mock-fs shows that its file system is Node's, as the package ships them, on cofferfs/sync and repo.fs: calls
 * that are synchronous or call back. What its module `mock` does to memory is here done to a repo.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { compileFunction } from "node:vm";
import { chai } from "vitest";
import { CaseCollector } from "./case-collector.js";
import { MOCK_FS_EXCLUSIONS } from "./mock-fs-exclusions.js";
import { mockOn } from "./mock-fs-tree.js";
import { nodeLikeFs } from "./node-like-fs.js";
import { openThreadedRepo } from "./threaded-repo.js";
import { verdicts } from "./verdicts.js";

const SPEC = fileURLToPath(
  new URL("test/lib/index.spec.js", import.meta.resolve("mock-fs/package.json")),
);

type Call = (...args: unknown[]) => unknown;

const collector = new CaseCollector(0);

// Where relative paths of a repo begin.
process.chdir("/");
const { repo, sync, end } = await openThreadedRepo("mock-fs");
const fs = asExpected(nodeLikeFs(repo.fs, sync));

/** What the tests require. */
const modules: Readonly<Record<string, unknown>> = {
  fs,
  "../../lib/index": mockOn(sync, fs),
  "../helper": { assert: chai.assert },
};
const nodes = createRequire(SPEC);
const { suite, test, beforeEach, afterEach } = collector;
const register = compileFunction(
  readFileSync(SPEC, "utf8"),
  ["require", "describe", "it", "beforeEach", "afterEach"],
  { filename: SPEC },
) as (...given: unknown[]) => void;
register((id: string) => modules[id] ?? (nodes(id) as unknown), suite, test, beforeEach, afterEach);
const outcomes = await collector.run();
await end();

verdicts(outcomes, MOCK_FS_EXCLUSIONS, 259);

/** The same with Node's Buffers for bytes, of which these tests make strings; what a callback throws fails the case. */
function asExpected(files: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(files).map(([name, member]) =>
    typeof member === "function" && !/^[A-Z]/.test(name)
      ? [name, guarded(member as Call)]
      : [name, member],
  );
  return Object.fromEntries(entries) as Record<string, unknown>;
}

function guarded(call: Call): Call {
  return (...args) => {
    const callback = args.at(-1);
    if (typeof callback === "function")
      args[args.length - 1] = (...results: unknown[]) => {
        try {
          (callback as Call)(...results.map(buffered));
        } catch (thrown) {
          collector.fail(thrown);
        }
      };
    return buffered(call(...args));
  };
}

function buffered(value: unknown): unknown {
  if (!(value instanceof Uint8Array) || Buffer.isBuffer(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
