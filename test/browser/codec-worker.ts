/** The codecs inside a browser's worker: a message names a compressor, the answer is the report. */
import type { CompressorName } from "../../src/codec/compression.js";
import { codecReport } from "./codec-report.js";

self.onmessage = ({ data }: MessageEvent<CompressorName>) => {
  codecReport(data).then(postMessage, (error: unknown) => {
    postMessage(String(error));
  });
};
