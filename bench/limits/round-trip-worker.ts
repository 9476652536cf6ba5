/** Answers at once: what a call costs that does nothing, over Comlink and over bare messages. */
import { expose } from "comlink";

export type RoundTrip = (value: number) => number;

if (self.name === "comlink") {
  const call: RoundTrip = (value) => value;
  expose(call);
} else {
  addEventListener("message", ({ data }: MessageEvent<number>) => {
    postMessage(data);
  });
}
