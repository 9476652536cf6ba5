/** Dictionaries: options as a browser takes them, which passes over what it does not know. */

/** @throws TypeError for what has no properties */
export function toOptions<T extends object>(options: T | null | undefined): Partial<T> {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object" && typeof options !== "function")
    throw new TypeError("options must be an object");
  return options;
}

/** As a browser turns whatever it is given into text. */
export const toText: (value: unknown) => string = String;

/** One of a few words, by default the first. @throws TypeError */
export function toChoice<T extends string>(
  value: unknown,
  choices: readonly [T, ...T[]],
  name: string,
): T {
  if (value === undefined) return choices[0];
  const found = choices.find((choice) => choice === toText(value));
  if (found === undefined) throw new TypeError(`${name} must be ${choices.join(" or ")}`);
  return found;
}

/** A whole number of bytes: what is no number is 0, and a negative one larger than any file. */
export function toBytes(value: unknown): number {
  const number = Math.trunc(Number(value));
  if (!Number.isFinite(number)) return 0;
  return number < 0 ? number + 2 ** 64 : number;
}
