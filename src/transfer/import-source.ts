/** Imports what a source holds: its entries, admitted, into the sink of the destination. */
import { sinkOf, type EntrySink } from "../api/entry-sink.js";
import { importEntries, type ImportTreeResult } from "../api/tree-import.js";
import { admitted } from "./admission.js";
import type { ImportArchiveOptions } from "./options.js";
import { PathSink } from "./path-sink.js";
import type { PromisesFs } from "./promises-fs.js";
import type { Source } from "./source-entry.js";

export function importSource(
  sink: EntrySink,
  to: string,
  source: Source,
  options: ImportArchiveOptions,
): Promise<ImportTreeResult> {
  const { conflict, signal, onProgress } = options;
  const run = { to, conflict, signal, onProgress };
  return importEntries(sink, admitted(source, options), run, source.totalBytes);
}

/** A repo's own way in, or Node's calls one after the other. */
export function destination(fs: PromisesFs): EntrySink {
  return sinkOf(fs) ?? new PathSink(fs);
}
