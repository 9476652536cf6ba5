/** Error codes as WASI numbers them (preview 1), and with it Emscripten. */
import { isRepoError, type NodeErrorCode } from "../errors.js";

const NUMBERS: Readonly<Record<NodeErrorCode, number>> = {
  EACCES: 2,
  EBADF: 8,
  EBUSY: 10,
  EDQUOT: 19,
  EEXIST: 20,
  EFBIG: 22,
  EINVAL: 28,
  EISDIR: 31,
  ELOOP: 32,
  EMFILE: 33,
  EMLINK: 34,
  ENAMETOOLONG: 37,
  ENOENT: 44,
  ENOSPC: 51,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTSUP: 58,
  EPERM: 63,
  EROFS: 69,
  ESTALE: 72,
  EXDEV: 75,
};

export const WASI_EIO = 29;

/** The number for what a call threw; EIO for what a program cannot tell apart. */
export function wasiErrno(error: unknown): number {
  if (!isRepoError(error)) return WASI_EIO;
  return Object.entries(NUMBERS).find(([code]) => code === error.code)?.[1] ?? WASI_EIO;
}
