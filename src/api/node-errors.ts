/**
 * What `node:fs/promises` throws for arguments that it does not take, worded as Node 20 words it. RepoErrors are for what the
 * files say; these are for what the caller says.
 */

function coded<T extends Error>(error: T, code: string): T {
  return Object.assign(error, { code });
}

function nameOf(name: string): string {
  return name.includes(".") ? `"${name}" property` : `"${name}" argument`;
}

/** `expected` follows "must be". */
export function invalidType(name: string, expected: string, actual: unknown): TypeError {
  const message = `The ${nameOf(name)} must be ${expected}. Received ${specificType(actual)}`;
  return coded(new TypeError(message), "ERR_INVALID_ARG_TYPE");
}

export function invalidValue(name: string, value: unknown, reason = "is invalid"): TypeError {
  const kind = name.includes(".") ? "property" : "argument";
  const shown = inspect(value);
  const received = shown.length > 128 ? `${shown.slice(0, 128)}...` : shown;
  const message = `The ${kind} '${name}' ${reason}. Received ${received}`;
  return coded(new TypeError(message), "ERR_INVALID_ARG_VALUE");
}

/** `range` follows "must be". */
export function outOfRange(name: string, range: string, value: unknown): RangeError {
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${separated(value)}`;
  return coded(new RangeError(message), "ERR_OUT_OF_RANGE");
}

/** Of a piece of data that comes in pieces. */
export function notPiece(piece: unknown): TypeError {
  const message =
    "The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object.";
  return typeError("ERR_INVALID_ARG_TYPE", `${message} Received ${specificType(piece)}`);
}

export function typeError(code: string, message: string): TypeError {
  return coded(new TypeError(message), code);
}

export function codedError(code: string, message: string): Error {
  return coded(new Error(message), code);
}

export function invalidState(message: string): Error {
  return codedError("ERR_INVALID_STATE", `Invalid state: ${message}`);
}

/** What a call rejects with whose signal has aborted. */
export function abortError(signal: AbortSignal): Error {
  const error = new Error("The operation was aborted", { cause: signal.reason });
  error.name = "AbortError";
  return coded(error, "ABORT_ERR");
}

function specificType(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "function":
      return `function ${value.name}`;
    case "object":
      return value === null ? "null" : `an instance of ${className(value)}`;
    case "string":
      return `type string (${quoted(value.length > 28 ? `${value.slice(0, 25)}...` : value)})`;
    default:
      return `type ${typeof value} (${inspect(value)})`;
  }
}

function className(value: object): string {
  const { constructor } = value as { readonly constructor?: { readonly name?: unknown } };
  return typeof constructor?.name === "string" ? constructor.name : "Object";
}

function quoted(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}

/** As much of Node's `util.inspect` as wrong arguments need. */
function inspect(value: unknown): string {
  switch (typeof value) {
    case "string":
      // eslint-disable-next-line no-control-regex -- these are what it shows otherwise
      return quoted(value.replace(/[\0-\x1f\\]/g, escaped));
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      return value === null ? "null" : inspectObject(value);
    default:
      return String(value);
  }
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
  "\\": "\\\\",
};

function escaped(char: string): string {
  const code = char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0");
  return SHORT_ESCAPES[char] ?? `\\x${code}`;
}

function inspectObject(value: object): string {
  if (value instanceof Uint8Array) {
    if (className(value) === "Buffer") return `<Buffer ${hexOf(value)}>`;
    const bytes = value.length === 0 ? "[]" : `[ ${value.join(", ")} ]`;
    return `${className(value)}(${value.length}) ${bytes}`;
  }
  if (Array.isArray(value))
    return value.length === 0 ? "[]" : `[ ${value.map(inspect).join(", ")} ]`;
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${inspect(field)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}

/** At most 50 bytes, as Node shows them. */
function hexOf(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 50), (byte) => byte.toString(16).padStart(2, "0"));
  const more = bytes.length - shown.length;
  return shown.join(" ") + (more > 0 ? ` ... ${more} more byte${more > 1 ? "s" : ""}` : "");
}

/** Numbers beyond 32 bits are shown in groups of three digits. */
function separated(value: unknown): string {
  const large = typeof value === "bigint" || (Number.isInteger(value) && typeof value === "number");
  if (!large || (value <= 2 ** 32 && value >= -(2 ** 32))) return inspect(value);
  return inspect(value).replace(/\B(?=(\d{3})+(?!\d))/g, "_");
}
