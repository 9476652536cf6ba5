/** Where repo.root is not as Chromium's OPFS, by cases, each with the reason that docs/FILE-HANDLES.md gives. */
export const DIFFERENCES: Readonly<Record<string, RegExp>> = {
  backslashes: /"a\\\\b"$/,
  "nul-in-names": /"a\\u0000b"$/,
  "missing-arguments": / undefined$/,
  "negative-numbers": /write (write at|truncate to) -1/,
  "detached-buffers": /^write a detached/,
  "writing-what-is-gone": /^createWritable of the file, after the file is gone$/,
  "a-directory-for-a-file":
    /^(getFile|createWritable) of the file, with a directory in the file's place$/,
  "a-file-for-a-directory": /^move into the directory, with a file in the directory's place$/,
  "streams-of-changed-files": /^a stream after it was changed$/,
};

/** The difference that a case is known to show. */
export function differenceOf(name: string): string | undefined {
  return Object.entries(DIFFERENCES).find(([, cases]) => cases.test(name))?.[0];
}
