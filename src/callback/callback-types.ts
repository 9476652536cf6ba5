/** What callbacks are given. */

/** An error of a call, with what Node says of it. */
export interface FsError extends Error {
  readonly code?: string | undefined;
  readonly errno?: number | undefined;
  readonly syscall?: string | undefined;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
}

/** Called once: with an error, or with null and the results. */
export type Callback<Results extends readonly unknown[] = []> = (
  error: FsError | null,
  ...results: Results
) => void;
