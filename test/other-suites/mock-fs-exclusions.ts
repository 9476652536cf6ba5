/** The cases of mock-fs's suite that cannot pass, each with its reason. */
import type { Exclusions } from "./verdicts.js";

const ENFORCED = "permission bits are kept and not enforced (docs/NODE-FS.md)";
const TIMES = "wants ctime and birthtime of its choice, which no call of Node can set";
const SIZE =
  "wants a directory larger than nothing; here directories have the size 0 (docs/NODE-FS.md)";
const CWD = "moves the process's own current directory; a repo has none (docs/NODE-FS.md)";
const DEFAULTS =
  "wants directories of the process to be there; mock-fs makes them, no call of fs does";
const RANGE =
  "wants to read more than the buffer has room for; Node has long refused that with ERR_OUT_OF_RANGE";

export const MOCK_FS_EXCLUSIONS: Exclusions = {
  "The API > mock() > creates process.cwd() and os.tmpdir() by default": DEFAULTS,
  "The API > mock() > passes the createCwd option to the FileSystem constructor": DEFAULTS,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for R_OK and 000":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for W_OK and 000":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for X_OK and 000":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for R_OK and 111":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for W_OK and 111":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for R_OK and 222":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for X_OK and 222":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for R_OK and 333":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for W_OK and 444":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for X_OK and 444":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for W_OK and 555":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCES for X_OK and 666":
    ENFORCED,
  "Mocking the file system > fs.access(path[, mode], callback) > generates EACCESS for F_OK and an unreadable parent":
    ENFORCED,
  "Mocking the file system > fs.accessSync(path[, mode]) > throws EACCESS for all but F_OK for 000":
    ENFORCED,
  "Mocking the file system > fs.stat(path, callback) > provides file stats": TIMES,
  "Mocking the file system > fs.fstat(fd, callback) > accepts a file descriptor for a directory (r)":
    SIZE,
  "Mocking the file system > fs.fstatSync(fd) > accepts a file descriptor for a directory (r)":
    SIZE,
  "Mocking the file system > fs.read(fd, buffer, offset, length, position, callback) > allows file contents to be read w/ offset":
    RANGE,
  "Mocking the file system > fs.mkdir(path, [mode], callback) > fails if parent is not writeable":
    ENFORCED,
  "Mocking the file system > fs.mkdirSync(path, [mode]) > fails if parent is not writeable":
    ENFORCED,
  "Mocking the file system > fs.rmdir(path, callback) > fails if parent is not writeable": ENFORCED,
  "Mocking the file system > fs.rmdirSync(path) > fails if parent is not writeable": ENFORCED,
  "Mocking the file system > fs.lstat(path, callback) > stats a symbolic link": TIMES,
  "Mocking the file system > fs.lstatSync(path) > stats a symbolic link": TIMES,
  "Mocking the file system > process.cwd() > allows changing directory": CWD,
  "Mocking the file system > process.cwd() > prevents changing directory to non-directory path":
    CWD,
  "Mocking the file system > process.cwd() > restores original working directory on restore": CWD,
  "Mocking the file system > security > denies dir listing without execute on parent": ENFORCED,
  "Mocking the file system > security > denies file read without execute on parent": ENFORCED,
  "Mocking the file system > security > denies file read without read on file": ENFORCED,
  "Mocking the file system > security > denies file write without write on file": ENFORCED,
};
