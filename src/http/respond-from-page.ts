/**
 * respondFromPage: the service worker's half. A browser ends service workers as it likes, so nothing is kept between requests: each
 * one asks all pages anew which of them has the files.
 */
import { assertPrefix } from "./address.js";
import { failure } from "./failure.js";
import {
  question,
  type Field,
  type PageMessage,
  type Question,
  type RequestMessage,
} from "./page-messages.js";

export interface RespondFromPageOptions {
  /** As the page has it: `"/vault/"`. It must lie in the scope of the service worker. */
  readonly prefix: string;
  /** How long to wait for a page that serves the prefix, one that is still loading say. Default 5000. */
  readonly patienceMs?: number | undefined;
}

/** What is used of a FetchEvent. */
export interface FetchEventLike {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}

/** What is used of a Client: a page. */
export interface PageClient {
  readonly id: string;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** What is used of a service worker's `self`. */
export interface ServiceWorkerScope {
  readonly location: Pick<Location, "origin">;
  readonly clients: {
    get(id: string): Promise<PageClient | undefined>;
    matchAll(options: {
      readonly type: "window";
      readonly includeUncontrolled: true;
    }): Promise<readonly PageClient[]>;
  };
}

const DEFAULT_PATIENCE_MS = 5000;
/** Pages that have not answered are asked again after this, and then twice as long. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
/** How often a page from which something is awaited is looked for. */
const WATCH_MS = 500;

/** All that an answer depends on: the rest of a request's headers is nobody's business. */
const HEADERS = [
  "If-Match",
  "If-Modified-Since",
  "If-None-Match",
  "If-Range",
  "If-Unmodified-Since",
  "Range",
] as const;

/** A page that has offered to answer. */
class Offer {
  readonly #scope: ServiceWorkerScope;
  readonly #page: PageClient;
  readonly #port: MessagePort;
  /** Settles the message that is awaited. */
  #settle: ((message: PageMessage | undefined) => void) | undefined;

  constructor(scope: ServiceWorkerScope, page: PageClient, port: MessagePort) {
    this.#scope = scope;
    this.#page = page;
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<PageMessage>) => this.#settle?.(data);
    // Of a page that is gone, where the browser tells.
    port.addEventListener("close", () => this.#settle?.(undefined));
  }

  async response(): Promise<Response> {
    const answer = await this.#ask("take");
    if (!("head" in answer)) throw gone();
    const { hasBody, headers, ...rest } = answer.head;
    const init = { ...rest, headers };
    if (hasBody) return new Response(this.#body(), init);
    this.#port.close();
    return new Response(null, init);
  }

  /** Nothing is asked for before it is read. */
  #body(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const pull = async (
      controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>,
    ): Promise<void> => {
      const answer = await this.#ask("pull");
      if ("piece" in answer) controller.enqueue(answer.piece);
      else if ("end" in answer) {
        controller.close();
        this.#port.close();
      } else throw gone();
    };
    const cancel = (): void => {
      this.#say("cancel");
      this.#port.close();
    };
    return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  }

  /** The answer, as long as there is a page that may give one. */
  async #ask(message: RequestMessage): Promise<PageMessage> {
    let watch: ReturnType<typeof setInterval> | undefined;
    const answer = await new Promise<PageMessage | undefined>((resolve) => {
      this.#settle = resolve;
      watch = setInterval(() => void this.#look(resolve), WATCH_MS);
      this.#say(message);
    });
    clearInterval(watch);
    this.#settle = undefined;
    if (answer !== undefined) return answer;
    this.#port.close();
    throw gone();
  }

  async #look(resolve: (message: undefined) => void): Promise<void> {
    if ((await this.#scope.clients.get(this.#page.id)) === undefined) resolve(undefined);
  }

  #say(message: RequestMessage): void {
    this.#port.postMessage(message);
  }
}

/** To whoever has made the request this is an error of the network. */
function gone(): TypeError {
  return new TypeError("the page that served the file is gone, or could not go on");
}

/** The first page that offers to answer; undefined if none does in time. */
async function findPage(
  scope: ServiceWorkerScope,
  asked: Question,
  patienceMs: number,
): Promise<Offer | undefined> {
  const ports = new Set<MessagePort>();
  let found: Offer | undefined;
  let wake: () => void = () => undefined;
  const ask = (page: PageClient): void => {
    const { port1, port2 } = new MessageChannel();
    ports.add(port1);
    port1.onmessage = () => {
      if (found === undefined) {
        ports.delete(port1);
        found = new Offer(scope, page, port1);
      }
      wake();
    };
    page.postMessage(asked, [port2]);
  };
  const end = performance.now() + patienceMs;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    for (const page of await scope.clients.matchAll({ type: "window", includeUncontrolled: true }))
      ask(page);
    const left = end - performance.now();
    if (left > 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, Math.min(pause, left));
      });
    if (found !== undefined || left <= 0) break;
  }
  // What others offer, or offer too late, nobody hears; they need not wait to be asked.
  for (const port of ports) {
    port.postMessage("cancel" satisfies RequestMessage);
    port.close();
  }
  return found;
}

async function answerFromPage(
  scope: ServiceWorkerScope,
  request: Request,
  prefix: string,
  patienceMs: number,
): Promise<Response> {
  const headers = HEADERS.flatMap((name): Field[] => {
    const value = request.headers.get(name);
    return value === null ? [] : [[name, value]];
  });
  const asked = question({ prefix, url: request.url, method: request.method, headers });
  const page = await findPage(scope, asked, patienceMs);
  return page === undefined ? failure(503, request, { "Retry-After": "1" }) : page.response();
}

/**
 * In a service worker: answers a request below `prefix` from a page that serves it with `serveFiles`, or returns false and leaves it
 * alone. All windows of the origin are asked each time, so it does not matter how often the browser has ended the
 * service worker meanwhile, nor which of them has opened the repo. If none serves the prefix within `patienceMs` the answer is 503;
 * if the page goes in the middle of an answer, the request fails as if the network had.
 *
 * @throws TypeError for a prefix that does not begin and end with a slash
 * @example
 * ```ts
 * import { respondFromPage, type FetchEventLike } from "cofferfs/http";
 *
 * // In service-worker.js; with the types of workers it is addEventListener("fetch", …).
 * export function onFetch(event: FetchEventLike): void {
 *   if (respondFromPage(event, { prefix: "/vault/" })) return;
 *   // Whatever else the service worker answers.
 * }
 * ```
 */
export function respondFromPage(
  event: FetchEventLike,
  { prefix, patienceMs = DEFAULT_PATIENCE_MS }: RespondFromPageOptions,
  scope: ServiceWorkerScope = ownScope(),
): boolean {
  assertPrefix(prefix);
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== scope.location.origin || !pathname.startsWith(prefix)) return false;
  event.respondWith(answerFromPage(scope, request, prefix, patienceMs));
  return true;
}

/** The page's types do not know where this runs. */
function ownScope(): ServiceWorkerScope {
  return globalThis as unknown as ServiceWorkerScope;
}
