/**
 * What one writes in an afternoon: every file whole, sealed with AES-256-GCM under a fresh nonce, in a file of OPFS
 * of the same name. Names, sizes and the tree are in clear, and a part of a file means all of it; else it is honest:
 * access handles in a worker, and content of an open file that is kept until it is synced.
 */
import { WholeFile } from "./whole-file.js";
import { OpfsFolder } from "./worker/opfs-folder.js";
import { serve } from "./worker/serve.js";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const folder = new OpfsFolder("bench-naive");
const key = crypto.subtle.importKey("raw", new Uint8Array(32).fill(42), "AES-GCM", false, [
  "encrypt",
  "decrypt",
]);

const open: (WholeFile | undefined)[] = [];

async function writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, bytes);
  const handle = await (await folder.file(path, true)).createSyncAccessHandle();
  try {
    handle.truncate(NONCE_BYTES + sealed.byteLength);
    handle.write(iv, { at: 0 });
    handle.write(new Uint8Array(sealed), { at: NONCE_BYTES });
    handle.flush();
  } finally {
    handle.close();
  }
}

async function readFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const handle = await (await folder.file(path)).createSyncAccessHandle();
  const stored = new Uint8Array(handle.getSize());
  try {
    handle.read(stored, { at: 0 });
  } finally {
    handle.close();
  }
  const iv = stored.subarray(0, NONCE_BYTES);
  const sealed = stored.subarray(NONCE_BYTES);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key, sealed));
}

function opened(file: number): WholeFile {
  const content = open[file];
  if (content === undefined) throw new Error("the file is not open");
  return content;
}

serve({
  create: () => folder.destroy().then(() => folder.open()),
  reopen: () => folder.open(),
  destroy: () => folder.destroy(),
  open: (path) => open.push(new WholeFile({ writeFile, readFile }, path)) - 1,
  read: async (file, length, at) => new Uint8Array(await opened(file).read(length, at)),
  write: (file, bytes, at) => opened(file).write(bytes, at),
  syncFile: (file) => opened(file).sync(),
  async closeFile(file) {
    await opened(file).close();
    open[file] = undefined;
  },
  writeFile,
  readFile,
  stat: async (path) => (await (await folder.file(path)).getFile()).size - NONCE_BYTES - TAG_BYTES,
  readdir: (path) => folder.names(path),
  mkdir: async (path) => {
    await folder.folder(path, true);
  },
  unlink: (path) => folder.remove(path),
  sync: () => undefined,
  close: () => undefined,
  importFiles: () => {
    throw new Error("not in bulk");
  },
});
