/** A service worker that answers below two prefixes from pages, and tells pages which requests it has answered. */
import { respondFromPage, type FetchEventLike } from "cofferfs/http";

/** What is used of a service worker's `self`, which the types of workers do not have. */
interface ServiceWorkerSelf {
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    type: "install" | "activate" | "fetch",
    listener: (event: FetchEventLike & { waitUntil(work: Promise<void>): void }) => void,
  ): void;
}

const worker = globalThis as unknown as ServiceWorkerSelf;
const seen = new BroadcastChannel("seen");
/** Of this run of the script. */
const run = crypto.randomUUID();

worker.addEventListener("install", (event) => {
  event.waitUntil(worker.skipWaiting());
});
worker.addEventListener("activate", (event) => {
  event.waitUntil(worker.clients.claim());
});
worker.addEventListener("fetch", (event) => {
  const answering: FetchEventLike = {
    request: event.request,
    respondWith(response) {
      event.respondWith(response);
      void response.then(({ status }) => {
        const { url, headers } = event.request;
        seen.postMessage({ run, url, range: headers.get("Range"), status });
      });
    },
  };
  const patienceMs = event.request.url.includes("impatient") ? 100 : 60_000;
  if (respondFromPage(answering, { prefix: "/test/browser/vault/", patienceMs })) return;
  respondFromPage(answering, { prefix: "/test/browser/counted/" });
});
