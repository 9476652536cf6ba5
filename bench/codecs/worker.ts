/** Measures the codecs in a browser's worker: one message for each sample, in the order that the driver wants. */
import { measureCodec, measureCuts, OURS, randomContent, unpackCorpus } from "./measure.js";
import type { CodecSample } from "./measure.js";

export interface CodecRequest {
  readonly subject: keyof typeof OURS | "cuts";
  readonly pieceKiB: number;
}

/** For the cuts a plain MB/s. */
export type CodecAnswer = CodecSample | number;

let corpus: Promise<Uint8Array[]> | undefined;

self.onmessage = ({ data }: MessageEvent<CodecRequest>) => {
  answer(data).then(postMessage, (error: unknown) => {
    throw error;
  });
};

async function answer({ subject, pieceKiB }: CodecRequest): Promise<CodecAnswer> {
  if (subject === "cuts") return measureCuts(randomContent(pieceKiB * 1024));
  corpus ??= fetch("/bench-corpus").then(async (reply) => unpackCorpus(await reply.arrayBuffer()));
  return measureCodec(subject, await OURS[subject](), await corpus, pieceKiB);
}
