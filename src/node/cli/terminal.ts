/** Terminal: where a command reads and writes. Results go to stdout, everything else to stderr. */
import type { Readable, Writable } from "node:stream";

export interface Terminal {
  readonly stdin: SecretInput;
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** A stream that may be a terminal, whose echo can be switched off. */
export interface SecretInput extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** Resolves when the stream has room for more. */
export function writeTo(stream: Writable, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/**
 * Text from inside a repo, fit to be shown: what could steer a terminal is written as `\xNN`. Use `--json` for
 * names as they are.
 */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) => {
    const code = char.charCodeAt(0);
    return code < 0x100
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"] as const;

export function readableSize(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  const digits = Number.isInteger(value) ? String(value) : value.toFixed(1);
  return `${digits} ${UNITS[unit] ?? ""}`;
}
