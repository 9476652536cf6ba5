/** Which function a workload is; W7 is W1 to W4 on IndexedDB, and W8 is in bench/scale. */
import type { Figure, WorkloadId } from "../messages.js";
import type { Subject } from "../subjects/subject.js";
import { duplicates } from "./duplicates.js";
import type { BenchRun } from "./figure.js";
import { largeFile } from "./large-file.js";
import { manyFiles } from "./many-files.js";
import { opening } from "./opening.js";
import { randomAccess } from "./random-access.js";
import { sourceTreeImport } from "./source-tree-import.js";

export type Workload = (subject: Subject, run: BenchRun) => Promise<Figure[]>;

export const WORKLOADS: Readonly<Record<WorkloadId, Workload>> = {
  W1: largeFile,
  W2: manyFiles,
  W3: randomAccess,
  W4: sourceTreeImport,
  W5: opening,
  W6: duplicates,
};
