/**
 * humanfs's tests of implementations, which its package exports, on its implementation over `fs/promises`, which takes any object of that
 * shape. Runs in Node and on pages.
 */
import { NodeHfsImpl } from "@humanfs/node";
import { HfsImplTester } from "@humanfs/test";
import { CaseCollector, type Outcome } from "./case-collector.js";

/** What the tests ask of a library of assertions. */
type Assertions = ConstructorParameters<typeof HfsImplTester>[0]["assert"];
type FsPromises = NonNullable<NonNullable<ConstructorParameters<typeof NodeHfsImpl>[0]>["fsp"]>;

/** How many cases there are. */
export const HUMANFS_CASES = 92;

export async function humanfsCases(fsp: unknown, assert: Assertions): Promise<readonly Outcome[]> {
  const { suite: describe, test: it, beforeEach, afterEach, run } = new CaseCollector(0);
  const tester = new HfsImplTester({
    outputDir: "/humanfs",
    expectedEntries: ["humanfs"],
    assert,
    test: { describe, it, beforeEach, afterEach },
  });
  await tester.test({ name: "NodeHfsImpl", impl: new NodeHfsImpl({ fsp: fsp as FsPromises }) });
  return run();
}
