/** A promise that can only be kept, or broken, in a browser's worker. */
export interface BrowserCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

/** The code of what `attempt` rejects with, or "none". */
export async function codeOf(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
    return "none";
  } catch (error) {
    const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
    return typeof code === "string" ? code : String(error);
  }
}

export async function checkCode(attempt: () => Promise<unknown>, code: string): Promise<void> {
  const actual = await codeOf(attempt);
  check(actual === code, `expected ${code}, got ${actual}`);
}

/** Puts `replacement` in the place of a method until `body` is over. */
export async function withMethod<T extends object, K extends keyof T>(
  owner: T,
  method: K,
  replacement: T[K],
  body: () => Promise<void>,
): Promise<void> {
  const original = owner[method];
  Object.defineProperty(owner, method, { value: replacement, configurable: true, writable: true });
  try {
    await body();
  } finally {
    Object.defineProperty(owner, method, { value: original, configurable: true, writable: true });
  }
}
