/** Catalogue 21–24 in relaxed durability; see crash-enumeration.ts. */
import { describe } from "vitest";
import { enumerateCrashes } from "./crash-enumeration.js";

describe("in relaxed durability", () => {
  enumerateCrashes("relaxed", 25_000);
});
