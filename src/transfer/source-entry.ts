/** What sources yield: entries as they stand there, unchecked. */
import type { EntryData } from "../api/entry-data.js";
import type { EntryType } from "./options.js";

export interface SourceEntry {
  /** As the source has it. */
  readonly name: string;
  readonly type: EntryType;
  /** Of a file. Only what is asked for is read. */
  readonly data?: EntryData | undefined;
  /** Of a symlink or a link. */
  readonly target?: string | undefined;
  readonly mode?: number | undefined;
  readonly mtimeMs?: number | undefined;
}

/** A source and how much it holds, as far as it tells. */
export interface Source {
  readonly entries: AsyncIterable<SourceEntry>;
  readonly totalBytes?: number | undefined;
  /** Bytes of the archive that were read so far. */
  readonly bytesRead?: (() => number) | undefined;
  /** Symlinks by default. */
  readonly symlinks: "inside" | "any";
  /** How names are read. */
  readonly names: NameRule;
}

/**
 * `unix`: as on Linux, where a backslash is a character like others. `windows`: a backslash, or a letter with a colon in front, is refused,
 * because other programs may take it for a way out.
 */
export type NameRule = "unix" | "windows";
