/** Who takes part and needs nothing installed, in which workloads and on which kind of page. The demo has some of them too. */
import {
  fileCreationLimit,
  flushLimit,
  pipelineLimit,
  roundTripLimit,
  rowLimit,
  type Limit,
} from "./limits/limits.js";
import type { Cipher, Entrant, Figure, WorkloadId } from "./messages.js";
import { cofferfsSubject, type CofferfsSettings } from "./subjects/cofferfs.js";
import { plainOpfsSubject } from "./subjects/plain-opfs.js";
import type { Subject } from "./subjects/subject.js";
import { naiveSubject, rawHandleSubject } from "./subjects/worker-subjects.js";
import type { BenchRun } from "./workloads/figure.js";
import { largeText } from "./workloads/large-file.js";
import { WORKLOADS } from "./workloads/workloads.js";

export interface Runnable extends Entrant {
  readonly run: (workload: WorkloadId, run: BenchRun) => Promise<Figure[]>;
}

const RAW_UNIT_BYTES = 64 * 1024;
const AES: CofferfsSettings = { cipher: "aes-256-gcm" };
const XCHACHA: CofferfsSettings = { cipher: "xchacha20-poly1305" };

export const OWN_ENTRANTS: readonly Runnable[] = [
  pipeline("raw pipeline aes 64K", "aes-256-gcm"),
  pipeline("raw pipeline xchacha 64K", "xchacha20-poly1305"),
  limit("raw indexeddb rows", ["W1", "W3"], rowLimit, "idb"),
  limit("opfs file creation", ["W2"], fileCreationLimit),
  limit("opfs two flushes", ["W3"], flushLimit),
  limit("comlink", ["W2"], roundTripLimit("comlink"), "none"),
  limit("postmessage", ["W2"], roundTripLimit("messages"), "none"),
  cofferfs("cofferfs opfs aes", ["W1", "W2", "W3", "W4", "W5"], "opfs", AES),
  cofferfs("cofferfs opfs xchacha", ["W1", "W2", "W3", "W4", "W5"], "opfs", XCHACHA),
  cofferfs("cofferfs opfs aes strict", ["W2", "W3", "W4"], "opfs", {
    ...AES,
    durability: "strict",
  }),
  cofferfs("cofferfs opfs xchacha strict", ["W2", "W3"], "opfs", {
    ...XCHACHA,
    durability: "strict",
  }),
  compressing("cofferfs opfs aes lz4", { ...AES, compress: "lz4" }),
  compressing("cofferfs opfs aes zstd", { ...AES, compress: "zstd" }),
  cofferfs("cofferfs opfs aes dedup", ["W6"], "opfs", { ...AES, dedupChunk: true }),
  cofferfs("cofferfs idb aes", ["W1", "W2", "W3", "W4", "W5"], "idb", AES),
  cofferfs("cofferfs idb xchacha", ["W1", "W2", "W3", "W4"], "idb", XCHACHA),
  cofferfs("cofferfs idb aes strict", ["W2", "W3"], "idb", { ...AES, durability: "strict" }),
  peer("plain opfs", "opfs", () => Promise.resolve(plainOpfsSubject())),
  peer("raw access handle", "opfs", () => Promise.resolve(rawHandleSubject())),
  encryptedPeer("naive aes-gcm files", () => Promise.resolve(naiveSubject())),
];

function pipeline(name: string, cipher: Cipher): Runnable {
  const isEncrypted = true;
  return { ...limit(name, ["W1"], pipelineLimit(cipher, RAW_UNIT_BYTES)), isEncrypted };
}

function limit(
  name: string,
  workloads: readonly WorkloadId[],
  run: Limit,
  store: Entrant["store"] = "opfs",
): Runnable {
  return { name, kind: "limit", store, isEncrypted: false, workloads, page: "isolated", run };
}

function cofferfs(
  name: string,
  workloads: readonly WorkloadId[],
  store: "opfs" | "idb",
  settings: CofferfsSettings,
): Runnable {
  return {
    name,
    kind: "cofferfs",
    store,
    isEncrypted: true,
    workloads,
    page: "isolated",
    run: (workload, run) => WORKLOADS[workload](cofferfsSubject(store, settings), run),
  };
}

/** What compresses gets content that does. */
function compressing(name: string, settings: CofferfsSettings): Runnable {
  return {
    ...cofferfs(name, ["W1", "W4"], "opfs", settings),
    run: async (workload, run) => {
      const subject = cofferfsSubject("opfs", settings);
      const figures = await WORKLOADS[workload](subject, run);
      return workload === "W1" ? [...figures, ...(await largeText(subject, run))] : figures;
    },
  };
}

export function peer(name: string, store: "opfs" | "idb", load: () => Promise<Subject>): Runnable {
  return {
    name,
    kind: "peer",
    store,
    isEncrypted: false,
    workloads: ["W1", "W2", "W3", "W4", "W5"],
    page: "isolated",
    run: async (workload, run) => WORKLOADS[workload](await load(), run),
  };
}

export function encryptedPeer(name: string, load: () => Promise<Subject>): Runnable {
  return { ...peer(name, "opfs", load), isEncrypted: true };
}
