/** humanfs's tests on repo.fs, in Node; test/browser/other-suites.spec.ts runs them on a page. */
import assert from "node:assert/strict";
import { humanfsCases, HUMANFS_CASES } from "./humanfs-cases.js";
import { openThreadedRepo } from "./threaded-repo.js";
import { verdicts } from "./verdicts.js";

const { repo, end } = await openThreadedRepo("humanfs");
const outcomes = await humanfsCases(repo.fs, assert);
await end();

verdicts(outcomes, {}, HUMANFS_CASES);
