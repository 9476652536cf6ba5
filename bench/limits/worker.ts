/** The worker of the limits: one request, one answer. */
import type { Figure } from "../messages.js";
import type { LimitAnswer, LimitRequest } from "./messages.js";
import { fileCreation, flushPairs } from "./opfs-limits.js";
import { rawPipeline } from "./raw-pipeline.js";
import { randomRows, rawRows } from "./raw-rows.js";

addEventListener("message", ({ data }: MessageEvent<LimitRequest>) => {
  measure(data).then(
    (figures) => {
      answer({ figures });
    },
    (error: unknown) => {
      answer({ error: String(error) });
    },
  );
});

function answer(message: LimitAnswer): void {
  postMessage(message);
}

function measure(request: LimitRequest): Promise<Figure[]> {
  switch (request.kind) {
    case "pipeline":
      return rawPipeline(request.cipher, request.unitBytes, request.totalBytes);
    case "file creation":
      return fileCreation(request.files, request.limitMs);
    case "flush pairs":
      return flushPairs(request.pairs, request.limitMs);
    case "rows":
      return rawRows(request.totalBytes);
    case "random rows":
      return randomRows(request.totalBytes, request.gets, request.limitMs);
  }
}
