/** Options that imports, or exports, have in common, and their checks. */
import { argumentError, assertOptions } from "../api/arguments.js";
import type { ImportTreeOptions, TreeProgress } from "../api/tree-import.js";

/** What an entry is: `other` for devices, pipes and what else cannot be imported. */
export type EntryType = "file" | "directory" | "symlink" | "link" | "other";

/** Whether an entry takes part. Of a directory that does not, what is below is asked for all the same in archives, and left out in folders. */
export type EntryFilter = (path: string, type: EntryType) => boolean;

export interface ImportOptions extends Omit<ImportTreeOptions, "to"> {
  /** Asked of each entry by the name that it has in the source, before that is checked. */
  readonly filter?: EntryFilter | undefined;
  /** EFBIG as soon as the files hold more than this. Default: what the destination takes. */
  readonly maxBytes?: number | undefined;
  /** EFBIG for more entries than this. Default a million. */
  readonly maxEntries?: number | undefined;
  /**
   * What becomes of symlinks: `inside` refuses those that lead, or may lead, out of the destination; `any` makes them all; `skip` leaves
   * them out. Default `inside` for archives, `any` for folders and other stores.
   */
  readonly symlinks?: "inside" | "any" | "skip" | undefined;
}

export interface ImportArchiveOptions extends ImportOptions {
  /**
   * EFBIG as soon as the files hold more than so many times the bytes of the archive, and more than 16 MiB: what grows like that is made to fill
   * the disk. Default 200.
   */
  readonly maxRatio?: number | undefined;
}

export interface ExportOptions {
  /** Asked of each entry by its path below the directory that is exported. What is below a directory that it says no to is left out. */
  readonly filter?: EntryFilter | undefined;
  /** Gives up, with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TreeProgress) => void) | undefined;
}

const EXPORT = { filter: true, signal: true, onProgress: true } as const;
const IMPORT = {
  ...EXPORT,
  conflict: true,
  maxBytes: true,
  maxEntries: true,
  symlinks: true,
} as const;
const ARCHIVE = { ...IMPORT, maxRatio: true } as const;

/** @throws TypeError for what is no option */
export function assertImportOptions(options: object, archive: boolean): void {
  assertOptions(options, archive ? ARCHIVE : IMPORT, "options");
}

export function assertExportOptions(options: object, more: Readonly<Record<string, true>>): void {
  assertOptions(options, { ...EXPORT, ...more }, "options");
}

export function assertPath(path: unknown, name: string): asserts path is string {
  if (typeof path !== "string") throw argumentError(name, "a path", path);
}
