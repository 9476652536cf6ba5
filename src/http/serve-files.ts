/** serveFiles: the page's half of a service worker that answers with files. The page has the repo, so it makes the responses. */
import { RepoError } from "../errors.js";
import { assertPrefix, pathOf } from "./address.js";
import { failure } from "./failure.js";
import {
  fileResponse,
  type FileRequest,
  type FileResponseOptions,
  type ResponseFiles,
} from "./file-response.js";
import {
  isQuestion,
  type PageMessage,
  type Question,
  type RequestMessage,
} from "./page-messages.js";

export interface ServeFilesOptions extends FileResponseOptions {
  /** Where the files are in the addresses of this origin: `"/vault/"` makes `/a.png` of the files `/vault/a.png`. */
  readonly prefix: string;
}

/** Files that are served. */
export interface FileServer extends Disposable {
  /** No request is answered any more; bodies under way fail. Idempotent. */
  close(): void;
}

/** Where questions of service workers come in; `navigator.serviceWorker` of a page. */
export type QuestionSource = Pick<ServiceWorkerContainer, "addEventListener" | "startMessages"> &
  Pick<ServiceWorkerContainer, "removeEventListener">;

type Answer = (request: FileRequest) => Promise<Response>;

/** One request: what the service worker asks for in turn. */
class Exchange {
  readonly #port: MessagePort;
  readonly #answer: () => Promise<Response>;
  readonly #giveUp = new AbortController();
  readonly #onEnd: () => void;
  #body: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined;

  constructor(port: MessagePort, asked: Question, answer: Answer, onEnd: () => void) {
    const { signal } = this.#giveUp;
    const headers = new Headers(asked.headers);
    this.#port = port;
    this.#answer = () => answer({ url: asked.url, method: asked.method, headers, signal });
    this.#onEnd = onEnd;
    port.onmessage = ({ data }: MessageEvent<RequestMessage>) => void this.#take(data);
    // Of a service worker that has been ended, where the browser tells.
    port.addEventListener("close", () => {
      this.end();
    });
    this.#say({ offer: true });
  }

  async #take(message: RequestMessage): Promise<void> {
    try {
      if (message === "cancel") this.end();
      else if (message === "take") await this.#respond();
      else await this.#next();
    } catch {
      // What has failed stays here; it may name files.
      this.#say({ failed: true });
      this.end();
    }
  }

  async #respond(): Promise<void> {
    const { body, status, statusText, headers } = await this.#answer();
    this.#body = body?.getReader();
    const hasBody = body !== null;
    this.#say({ head: { status, statusText, headers: [...headers], hasBody } });
    if (!hasBody) this.end();
  }

  async #next(): Promise<void> {
    const { value: piece } = (await this.#body?.read()) ?? {};
    if (piece !== undefined) this.#port.postMessage({ piece }, [piece.buffer]);
    else {
      this.#say({ end: true });
      this.end();
    }
  }

  #say(message: PageMessage): void {
    this.#port.postMessage(message);
  }

  /** Whoever waits for more is told that there is none. */
  fail(): void {
    this.#say({ failed: true });
    this.end();
  }

  end(): void {
    this.#giveUp.abort();
    // Bodies that have failed are over already.
    this.#body?.cancel().catch(() => undefined);
    this.#port.close();
    this.#onEnd();
  }
}

/**
 * Answers what a service worker of this origin asks with `respondFromPage` for the same prefix, until it is closed. Each request is
 * answered like by `fileResponse`, with the same options; bytes travel piece by piece, when they are asked for. Whatever is of this origin can ask.
 * If several pages serve a prefix, any of them answers.
 *
 * @throws TypeError for a prefix that does not begin and end with a slash; BACKEND_UNAVAILABLE where there are no service
 * workers
 * @example
 * ```ts
 * import { openRepo } from "cofferfs";
 * import { serveFiles } from "cofferfs/http";
 *
 * await navigator.serviceWorker.register("/service-worker.js", { type: "module" });
 * const repo = await openRepo("local://notes", { password: "correct horse battery" });
 * serveFiles(repo, { prefix: "/vault/" });
 * document.body.append(Object.assign(new Image(), { src: "/vault/cat.png" }));
 * ```
 */
export function serveFiles(
  files: ResponseFiles,
  options: ServeFilesOptions,
  source: QuestionSource = serviceWorkers(),
): FileServer {
  const { prefix, ...rest } = options;
  assertPrefix(prefix);
  const exchanges = new Set<Exchange>();
  const answer: Answer = async (request) => {
    const path = pathOf(new URL(request.url), prefix);
    if (path === undefined) return failure(404, request);
    return fileResponse(files, path, request, rest);
  };
  const onMessage = (event: MessageEvent<unknown>): void => {
    const { data, ports } = event;
    const [port] = ports;
    if (!isQuestion(data) || data.prefix !== prefix || port === undefined) return;
    // A question has one answer, also if the page serves the prefix twice.
    event.stopImmediatePropagation();
    const exchange = new Exchange(port, data, answer, () => exchanges.delete(exchange));
    exchanges.add(exchange);
  };
  source.addEventListener("message", onMessage);
  source.startMessages();
  const close = (): void => {
    source.removeEventListener("message", onMessage);
    for (const exchange of exchanges) exchange.fail();
  };
  return { close, [Symbol.dispose]: close };
}

function serviceWorkers(): ServiceWorkerContainer {
  // Absent where the page is no secure context, whatever its type says.
  const { serviceWorker } = navigator as Partial<Navigator>;
  if (serviceWorker === undefined)
    throw new RepoError("BACKEND_UNAVAILABLE", {
      message: "service workers need a secure context",
    });
  return serviceWorker;
}
