/**
 * A rough hint at how hard a password is to guess. It counts length, kinds of characters, repeats and
 * runs, and knows a few hundred words that guessers try first; it cannot know whether the password was
 * used elsewhere. It says so, and it never refuses.
 */
import { COMMON_WORDS } from "./common-words.js";

export interface PasswordHint {
  /** 0 (none) to 4. */
  readonly level: 0 | 1 | 2 | 3 | 4;
  readonly words: string;
}

const RUNS = [
  "abcdefghijklmnopqrstuvwxyz",
  "01234567890",
  "qwertyuiop",
  "asdfghjkl",
  "zxcvbnm",
  "qwertzuiop",
  "azertyuiop",
];
/** Entropy that a word of a large dictionary has, roughly; ours are the commonest and get less. */
const COMMON_WORD_BITS = 8;
const LISTED_WORD_BITS = Math.log2(7776);

export function passwordHint(password: string): PasswordHint {
  if (password === "") return { level: 0, words: "Four or five random words make a good one." };
  const bits = estimateBits(password);
  if (bits < 25) return { level: 1, words: "Guessed at once: too short, or too common." };
  if (bits < 45) return { level: 2, words: "Weak: falls to somebody who tries for a while." };
  if (bits < 64) return { level: 3, words: "Fair, as long as it is used nowhere else." };
  return { level: 4, words: "Hard to guess, as long as it is used nowhere else." };
}

/** Bits of guessing work, estimated from above: a guesser who knows the person needs fewer. */
export function estimateBits(password: string): number {
  return phraseBits(password) ?? wordBits(password);
}

/** Three words or more, set apart: taken as picked from a list of 7776, as Diceware's are. */
function phraseBits(password: string): number | undefined {
  const words = password.toLowerCase().split(/[\s\-_.,]+/);
  if (words.length < 3 || !words.every((word) => /^\p{L}{2,12}$/u.test(word))) return undefined;
  const distinct = [...new Set(words)];
  const bits = distinct.map((word) =>
    COMMON_WORDS.includes(word) ? COMMON_WORD_BITS : LISTED_WORD_BITS,
  );
  return bits.reduce((sum, each) => sum + each, 0);
}

function wordBits(password: string): number {
  const { rest, words } = takeCommonWords(password);
  const effective = effectiveLength(rest);
  return words * COMMON_WORD_BITS + effective * Math.log2(alphabetSize(rest));
}

function takeCommonWords(password: string): { rest: string; words: number } {
  let rest = unleet(password.toLowerCase());
  let words = 0;
  for (const word of COMMON_WORDS) {
    while (rest.includes(word)) {
      rest = rest.replace(word, "");
      words += 1;
    }
  }
  // What remains is judged as typed only if nothing was recognised: positions have shifted otherwise.
  return { rest: words === 0 ? password : rest, words };
}

function unleet(text: string): string {
  const letters: Readonly<Record<string, string>> = {
    "@": "a",
    $: "s",
    "0": "o",
    "1": "i",
    "3": "e",
  };
  return Array.from(text)
    .map((char, index, all) => (isBetweenLetters(all, index) ? (letters[char] ?? char) : char))
    .join("");
}

/** Digits at the end are digits; inside a word they stand for letters. */
function isBetweenLetters(chars: readonly string[], index: number): boolean {
  return /\p{L}/u.test(chars[index + 1] ?? "");
}

/** Length without what follows from the character before: repeats and neighbours in a run. */
function effectiveLength(text: string): number {
  const chars = Array.from(text.toLowerCase());
  return chars.filter((char, index) => index === 0 || !follows(chars[index - 1] ?? "", char))
    .length;
}

function follows(before: string, char: string): boolean {
  if (before === char) return true;
  return RUNS.some((run) => run.includes(before + char) || run.includes(char + before));
}

function alphabetSize(text: string): number {
  const kinds: readonly (readonly [RegExp, number])[] = [
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[0-9]/, 10],
    [/[ -/:-@[-`{-~]/, 33],
    [/[^\0-~]/, 100],
  ];
  return Math.max(
    2,
    kinds.reduce((sum, [kind, size]) => sum + (kind.test(text) ? size : 0), 0),
  );
}
