/** Errors in plain words, with the code behind them for whoever wants to look it up. */
import { isRepoError } from "cofferfs";

const WORDS: Readonly<Record<string, string>> = {
  UNLOCK_FAILED:
    "This password does not open the vault. (Damaged key slots look the same, so that nobody learns from the difference.)",
  PASSKEY_CANCELLED:
    "No passkey was given: it was refused, took too long, or there is none of this vault here.",
  PASSKEY_UNSUPPORTED:
    "No passkey can open a vault here: the browser or device lacks what it takes (the prf extension), or this page is at an IP address instead of a name like localhost.",
  REPO_NOT_FOUND: "There is no vault of this name in this storage.",
  REPO_EXISTS: "There is already a vault of this name. Unlock it, or choose another name.",
  REPO_BUSY: "This vault is open elsewhere, probably in another tab. Lock it there first.",
  REPO_LOCKED: "The vault is locked.",
  NO_VERSION: "This version has made way for newer ones.",
  REPO_CLOSED: "The vault is closed.",
  REPO_POISONED:
    "An earlier write failed and its outcome is unknown. Lock the vault and unlock it again.",
  REPO_MISSING: "The browser has removed this vault from its storage.",
  FORMAT_UNSUPPORTED: "This is not a vault, or it was made by a newer version.",
  KDF_LIMIT: "This vault asks for more memory or time than is allowed to derive its key.",
  KDF_TOO_WEAK: "This vault's key derivation is cheaper than is allowed.",
  INTEGRITY: "What is stored failed authentication: it was damaged or changed.",
  ROLLBACK: "The storage holds an older state of this vault than this browser has seen.",
  STALE_WRITER: "Another tab has taken over this vault. Lock it here.",
  BACKEND_UNAVAILABLE: "This browser lacks what the chosen storage needs.",
  BACKEND_IO: "The browser's storage failed to read or write.",
  WORKER_FAILED: "The worker that does the encryption could not be started, or died.",
  ENOSPC: "The browser gives this site no more space.",
  EDQUOT: "The browser gives this site no more space.",
  ENOENT: "It does not exist any more.",
  EEXIST: "There is already something of this name.",
  ENOTDIR: "A file stands where a folder is needed.",
  ENOTEMPTY: "The folder is not empty.",
  EINVAL: "This is not possible here.",
  ENAMETOOLONG: "The name or path is too long.",
};

/** One or two sentences for people. */
export function explain(error: unknown): string {
  if (isRepoError(error)) return WORDS[error.code] ?? error.message;
  if (error instanceof DOMException && error.name === "NotReadableError")
    return "The file could not be read; it may have changed or gone.";
  return error instanceof Error ? error.message : String(error);
}

export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
