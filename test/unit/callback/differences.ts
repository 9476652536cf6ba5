/**
 * Where callbackFs is not as Node's fs with callbacks, though repo.fs and Node's fs/promises are alike, by the names that
 * docs/CALLBACK-FS.md explains: mostly Node's two faces differ from each other, and callbackFs has the one with promises behind it.
 */

/** By the names of cases. Some case of each differs; of those that are not named here none does. */
export const CALLBACK_DIFFERENCES: Readonly<Record<string, RegExp>> = {
  "null-mode": /^mkdir\("new", \{mode: null\}\)$/,
  "recursive-rmdir": /^rmdir\(.*\{recursive: /,
  "data-in-pieces":
    /(writeFile|appendFile)\((?:"f", )?(?:\[|Set|\{\}\])|(writeFile|appendFile) of an (async )?iterable/,
  "names-of-flags": /^readFile\("f", \{flag: (?:""|1\.5)\}\)$/,
  "bigint-paths": /^(readFile|writeFile|appendFile)\(10n/,
  "read-without-length": /: read\(Buffer\[4\], (?:1|5|null, null, null|undefined, .*)\)$/,
  "odd-positions":
    /: read\(Buffer\[4\], 0, 4, (?:-7|1\.5|"2"|2n|9007199254740992)\)$|: read\(\{buffer: null\}\)$/,
  "writing-nothing":
    /: (?:write\((?:ArrayBuffer|Buffer)\[0\]\)|(?:writeFile|appendFile)\((?:""|Uint8Array\[0\])\))$|^(?:writeFile|appendFile)\("f", "", \{flag: "r"\}\)$/,
  "reading-from-a-writer": /^open\(f, a\): readFile\(/,
  "aborted-before": /: readFile\(.*aborted signal/,
};

/** What cannot be asked of callbacks: methods of handles that give streams, and calls that lack arguments before the callback. */
export const WITHOUT_TWIN =
  /readableWebStream|createReadStream|readLines|of a closed handle|^watch|^lchmod|: (?:readv|writev|chown|utimes)\(\)$/;

/** A number is an open file of this very process to Node, whose business it is none of; modes beyond 2³¹ − 1 end the process. */
export const DANGEROUS = /^(?:readFile|writeFile|appendFile|truncate)\(5[,)]|4294967295/;
