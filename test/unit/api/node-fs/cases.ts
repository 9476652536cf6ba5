/** The cases of the comparison with Node. */
import { attributes } from "./attribute-cases.js";
import { contents, openings } from "./content-cases.js";
import { handles } from "./handle-cases.js";
import { copies, links } from "./link-cases.js";
import { names } from "./name-cases.js";
import { absolute, named } from "./path-cases.js";
import type { Case } from "./two-sides.js";
import { watching } from "./watch-cases.js";

export const CASES: Readonly<Record<string, readonly Case[]>> = {
  attributes,
  names,
  links,
  copies,
  contents,
  openings,
  handles,
  named,
  absolute,
  watching,
};
