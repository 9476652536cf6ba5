/** The page of the bench of synchronous calls. */
import { destroyRepo, openRepo } from "cofferfs";
import type { SyncBenchRequest, SyncFigure } from "./messages.js";

declare global {
  interface Window {
    syncBench: (uri: string, calls: number, pauseUs: number) => Promise<SyncFigure[]>;
  }
}

window.syncBench = async (uri, calls, pauseUs) => {
  const repo = await openRepo(uri, { rawKey: new Uint8Array(32).fill(7), createNew: true });
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    const { memory, name } = await repo.syncChannel();
    const request: SyncBenchRequest = { channel: { memory, name }, calls, pauseUs };
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<SyncFigure[]>) => {
        resolve(data);
      };
      worker.onerror = ({ message }) => {
        reject(new Error(message));
      };
      worker.postMessage(request);
    });
  } finally {
    worker.terminate();
    await repo.close();
    await destroyRepo(uri);
  }
};
