/** Numbers, sizes, dates and durations as people read them. Sizes are decimal: 1 MB is 10^6 bytes. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;
const number = new Intl.NumberFormat("en");
const oneDigit = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const date = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export function formatCount(count: number): string {
  return number.format(count);
}

/** `1 file`, `2 files`. */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits =
    unit === 0 || value >= 100 ? number.format(Math.round(value)) : oneDigit.format(value);
  return `${digits} ${UNITS[unit] ?? ""}`;
}

/** A difference of two sizes, with its sign. */
export function formatBytesChange(bytes: number): string {
  if (bytes === 0) return "same size";
  return `${bytes < 0 ? "−" : "+"}${formatBytes(Math.abs(bytes))}`;
}

/** Sizes that are powers of two by design: memory and slots. */
export function formatBinary(bytes: number): string {
  const mebi = bytes / 2 ** 20;
  return mebi >= 1 ? `${oneDigit.format(mebi)} MiB` : `${oneDigit.format(bytes / 2 ** 10)} KiB`;
}

export function formatDate(ms: number): string {
  return date.format(ms);
}

/** Seconds with one digit below a minute, then minutes and seconds. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
