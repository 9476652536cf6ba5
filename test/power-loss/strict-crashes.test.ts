/** Catalogue 21–24 in strict durability; see crash-enumeration.ts. */
import { describe } from "vitest";
import { enumerateCrashes } from "./crash-enumeration.js";

describe("in strict durability", () => {
  enumerateCrashes("strict", 25_000);
});
