/** What ZenFS's tests import from node:test: they register at a collector. */
import { CaseCollector } from "./case-collector.js";

export const collector = new CaseCollector(1);

const { before, after, beforeEach, afterEach, suite } = collector;
export { before, after, beforeEach, afterEach, suite };
export const test = Object.assign(collector.test, { before, after, beforeEach, afterEach });
