/** SyncFiles: a file system on the wire, as one sees it who waits for each answer. */
import type { RemoteFiles } from "../worker/protocol.js";
import type { SyncLink } from "./sync-link.js";

type Waited = {
  [M in keyof RemoteFiles]: (
    ...args: Parameters<RemoteFiles[M]>
  ) => Awaited<ReturnType<RemoteFiles[M]>>;
};

export interface SyncFiles extends Waited {
  /** `fdRead` into memory that is there; resolves to the number of bytes. */
  readonly readInto: (fd: number, into: Uint8Array, at?: number) => number;
}

export function syncFiles(link: SyncLink): SyncFiles {
  const known: Pick<SyncFiles, "readInto"> = {
    readInto: (fd, into, at) =>
      (link.call("fdRead", [fd, into.length, at], into) as Uint8Array).length,
  };
  return new Proxy(known as SyncFiles, {
    get(own, method) {
      if (method === "readInto") return own.readInto;
      return (...args: unknown[]) => link.call(String(method), args);
    },
  });
}
