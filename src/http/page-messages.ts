/**
 * What a service worker and a page say to each other about one request, over a channel of its own: a question, an offer, and
 * then one answer to each message of the service worker. Types, and the checks of what comes from outside.
 */

const NAME = "cofferfs/http";

/** A header. */
export type Field = [name: string, value: string];

/** Posted to every page, with a port for the answers. */
export interface Question {
  readonly cofferfs: typeof NAME;
  /** Whoever serves just this is asked. */
  readonly prefix: string;
  readonly url: string;
  readonly method: string;
  readonly headers: Field[];
}

/**
 * From the service worker, over the port. `take`: the page is to answer; `pull`: the next piece of the body; `cancel`: no more of
 * it. The page answers `take` and `pull`.
 */
export type RequestMessage = "take" | "pull" | "cancel";

/** From the page. */
export type PageMessage =
  /** It has these files. */
  | { readonly offer: true }
  | { readonly head: ResponseHead }
  | { readonly piece: Uint8Array<ArrayBuffer> }
  | { readonly end: true }
  /** The body cannot go on. */
  | { readonly failed: true };

export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Field[];
  readonly hasBody: boolean;
}

export function question(fields: Omit<Question, "cofferfs">): Question {
  return { cofferfs: NAME, ...fields };
}

/** Pages get messages of others as well. */
export function isQuestion(data: unknown): data is Question {
  return typeof data === "object" && data !== null && Reflect.get(data, "cofferfs") === NAME;
}
