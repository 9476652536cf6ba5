/** Who takes part: our own, the peers from npm, which are loaded when their turn comes, and some again on a plain page. */
import { encryptedPeer, OWN_ENTRANTS, peer, type Runnable } from "./own-entrants.js";

const INSTALLED_ENTRANTS: readonly Runnable[] = [
  peer("opfs-tools", "opfs", async () => (await import("./subjects/peers/opfs-tools.js")).subject),
  peer(
    "opfs-worker",
    "opfs",
    async () => (await import("./subjects/peers/opfs-worker.js")).subject,
  ),
  peer("happy-opfs", "opfs", async () => (await import("./subjects/peers/happy-opfs.js")).subject),
  peer(
    "lightning-fs",
    "idb",
    async () => (await import("./subjects/peers/lightning-fs.js")).subject,
  ),
  peer("zenfs indexeddb", "idb", async () =>
    (await import("./subjects/peers/zenfs.js")).onIndexedDb(),
  ),
  peer("zenfs webaccess", "opfs", async () =>
    (await import("./subjects/peers/zenfs.js")).onWebAccess(),
  ),
  peer("sqlite opfs-sahpool", "opfs", async () =>
    (await import("./subjects/peers/sqlite.js")).sqliteSubject(),
  ),
  encryptedPeer("sqlite3mc chacha20", async () =>
    (await import("./subjects/peers/sqlite.js")).encryptedSqliteSubject(),
  ),
];

/** Small calls again where no SharedArrayBuffer can carry them. */
const ON_A_PLAIN_PAGE = [
  ["comlink", ["W2"]],
  ["postmessage", ["W2"]],
  ["cofferfs opfs aes", ["W2", "W3"]],
] as const;

export const ENTRANTS: readonly Runnable[] = [
  ...OWN_ENTRANTS,
  ...INSTALLED_ENTRANTS,
  ...ON_A_PLAIN_PAGE.map(([name, workloads]): Runnable => ({
    ...entrant(name),
    name: `${name}, plain page`,
    workloads,
    page: "plain",
  })),
];

function entrant(name: string): Runnable {
  const all = [...OWN_ENTRANTS, ...INSTALLED_ENTRANTS];
  const found = all.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no entrant ${name}`);
  return found;
}
