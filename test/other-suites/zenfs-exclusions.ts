import type { Exclusions } from "./verdicts.js";
export const ZENFS_EXCLUSIONS: Exclusions = {};
