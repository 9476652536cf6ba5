/** The engine's worker as a thread of Node: the script of src/worker/worker.ts, without what only browsers have. */
import { parentPort } from "node:worker_threads";
import { expose, type Endpoint } from "comlink";
import { RepoHost } from "../../src/worker/repo-host.js";
import { sendWholeErrors } from "../../src/worker/wire-errors.js";

sendWholeErrors();
// Node's ports have what Comlink asks of an endpoint, and no types that say so.
expose(new RepoHost(), parentPort as unknown as Endpoint);
