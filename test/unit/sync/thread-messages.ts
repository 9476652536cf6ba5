/** What a test and its thread say to each other. */

export type ThreadRequest =
  | { readonly method: string; readonly args: readonly unknown[] }
  | { readonly scenario: string; readonly directory: string };

/** Of an error what callers see. */
export interface Thrown {
  readonly class: string;
  readonly message: string;
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly syscall?: unknown;
  readonly path?: unknown;
  readonly dest?: unknown;
}

export type Outcome = { readonly result: unknown } | { readonly thrown: Thrown };

export interface ThreadResponse {
  readonly outcome: Outcome;
}
