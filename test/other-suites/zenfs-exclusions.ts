/** The cases of ZenFS's suite that cannot pass, each with its reason. */
import type { Exclusions } from "./verdicts.js";

const BYTES = "the bytes are a Uint8Array, where Node has a Buffer (docs/NODE-FS.md)";
const NO_DIR_SYNC = "SyncFs has no opendirSync: it has readdirSync";
const AS_WRITTEN =
  "wants a relative path made absolute; Node and repo.fs name it as it was written";
const NO_NODE_STREAM =
  "a FileHandle's streams are those of the web, where Node has its own (docs/NODE-FS.md)";
const POLLING = "watchFile looks again and again; there is watch, which is told";
const NODE_24 = "mkdtempDisposable came with Node 24";
const OWN = "exists in ZenFS's promises, not in Node's";
const ATTRIBUTES = "extended attributes are an interface of ZenFS's own, which Node does not have";

export const ZENFS_EXCLUSIONS: Exclusions = {
  "dir.test.ts: Dir > read()": NO_DIR_SYNC,
  "dir.test.ts: Dir > readSync()": NO_DIR_SYNC,
  "dir.test.ts: Dir > close()": NO_DIR_SYNC,
  "dir.test.ts: Dir > closeSync()": NO_DIR_SYNC,
  "dir.test.ts: Dir > asynchronous iteration": NO_DIR_SYNC,
  "dir.test.ts: Dir > read after directory is closed": NO_DIR_SYNC,
  "dir.test.ts: Dir > readSync after directory is closed": NO_DIR_SYNC,
  "dir.test.ts: Dir > close multiple times": NO_DIR_SYNC,
  "dir.test.ts: Dir > closeSync multiple times": NO_DIR_SYNC,
  "directory.test.ts: Directories > readdir returns Dirent recursively": AS_WRITTEN,
  "errors.test.ts: Error messages > rename": AS_WRITTEN,
  "errors.test.ts: Error messages > renameSync": AS_WRITTEN,
  "errors.test.ts: Error messages > link": AS_WRITTEN,
  "errors.test.ts: Error messages > linkSync": AS_WRITTEN,
  "exists.test.ts: exists > return true for an existing file": OWN,
  "exists.test.ts: exists > return false for a non-existent file": OWN,
  "links.test.ts: Links > mkdirSync follows symlinks for intermediate components":
    "below a dangling link Node's mkdirSync is ENOENT and its promise ENOTDIR; SyncFs fails as repo.fs does",
  "links.test.ts: Links > cpSync preserves a symlink #304": "SyncFs has no cpSync",
  "permissions.test.ts: Permissions > fchmod":
    "gives the number of a FileHandle to fchmodSync; handles of repo.fs and numbers of SyncFs are apart",
  "read.test.ts: read > Read a file and check its binary bytes asynchronously": BYTES,
  "read.test.ts: read > Read a file and check its binary bytes synchronously": BYTES,
  "stat.test.ts: Stats > statSync with throwIfNoEntry: false":
    "wants undefined also below a file, as newer versions of Node; in Node 20 that is ENOTDIR",
  "stat.test.ts: Stats > stat callback with throwIfNoEntry: false":
    "the callback form takes this option since Node 26",
  "streams.test.ts: Streams > FileHandle.createReadStream reads data correctly": NO_NODE_STREAM,
  "streams.test.ts: Streams > FileHandle.createWriteStream writes data correctly": NO_NODE_STREAM,
  "streams.test.ts: Streams > FileHandle.createReadStream after close should give an error":
    "fails when the stream is read, as the handle's own methods do (docs/NODE-FS.md)",
  "streams.test.ts: Streams > FileHandle.createWriteStream after close should give an error":
    "fails when the stream is written to, as the handle's own methods do (docs/NODE-FS.md)",
  "tempdir.test.ts: Temporary Directories > mkdtempDisposableSync": NODE_24,
  "tempdir.test.ts: Temporary Directories > mkdtempDisposable": NODE_24,
  "times.test.ts: Times > read changes atime": "reading does not change atime (docs/NODE-FS.md)",
  "watch.test.ts: Watch > Changes are detected with watchFile()": POLLING,
  "watch.test.ts: Watch > unwatchFile() works": POLLING,
  "write.test.ts: Writes > Using FileHandle with buffer": BYTES,
  "xattr.test.ts: Extended Attributes > Non-user attribute set fails": ATTRIBUTES,
  "xattr.test.ts: Extended Attributes > set and get attributes": ATTRIBUTES,
  "xattr.test.ts: Extended Attributes > get attributes with buffer encoding": ATTRIBUTES,
  "xattr.test.ts: Extended Attributes > remove attributes": ATTRIBUTES,
  "xattr.test.ts: Extended Attributes > list attributes": ATTRIBUTES,
  "xattr.test.ts: Extended Attributes > handle create and replace options": ATTRIBUTES,
  "xattr.test.ts: Extended Attributes > file must exist": ATTRIBUTES,
  "xattr.test.ts: Extended Attributes > synchronous operations": ATTRIBUTES,
};
