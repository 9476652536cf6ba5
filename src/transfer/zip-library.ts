/**
 * zip.js as it is used here: the platform's own codecs on this thread, since workers made of Blobs are what content security policies forbid;
 * and in small pieces, since a decompressor gives all that comes of a piece at once, up to a thousand times as much.
 */
import { configure } from "@zip.js/zip.js/lib/zip-core-custom.js";

configure({ useWebWorkers: false, chunkSize: 16 * 1024 });

export {
  ERR_ENCRYPTED,
  ERR_SPLIT_ZIP_FILE,
  ERR_UNSUPPORTED_COMPRESSION,
  ERR_UNSUPPORTED_ENCRYPTION,
  Reader,
  ZipReader,
  ZipWriter,
  type Entry,
  type FileEntry,
} from "@zip.js/zip.js/lib/zip-core-custom.js";
