/** OPFS through synchronous access handles in a worker, one file of the browser for each file, not encrypted. */
import { OpfsFolder } from "./worker/opfs-folder.js";
import { serve } from "./worker/serve.js";

const folder = new OpfsFolder("bench-raw-handle");
const open: (FileSystemSyncAccessHandle | undefined)[] = [];

async function withHandle<T>(
  path: string,
  create: boolean,
  work: (handle: FileSystemSyncAccessHandle) => T,
): Promise<T> {
  const handle = await (await folder.file(path, create)).createSyncAccessHandle();
  try {
    return work(handle);
  } finally {
    handle.close();
  }
}

function opened(file: number): FileSystemSyncAccessHandle {
  const handle = open[file];
  if (handle === undefined) throw new Error("the file is not open");
  return handle;
}

function writeFile(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  return withHandle(path, true, (handle) => {
    handle.truncate(0);
    handle.write(bytes, { at: 0 });
  });
}

serve({
  create: () => folder.destroy().then(() => folder.open()),
  reopen: () => folder.open(),
  destroy: () => folder.destroy(),
  open: async (path) =>
    open.push(await (await folder.file(path, true)).createSyncAccessHandle()) - 1,
  read(file, length, at) {
    const bytes = new Uint8Array(length);
    const read = opened(file).read(bytes, { at });
    return read === length ? bytes : bytes.slice(0, read);
  },
  write(file, bytes, at) {
    opened(file).write(bytes, { at });
  },
  syncFile(file) {
    opened(file).flush();
  },
  closeFile(file) {
    opened(file).close();
    open[file] = undefined;
  },
  writeFile,
  readFile: (path) =>
    withHandle(path, false, (handle) => {
      const bytes = new Uint8Array(handle.getSize());
      handle.read(bytes, { at: 0 });
      return bytes;
    }),
  // A File is had sooner than an access handle.
  stat: async (path) => (await (await folder.file(path)).getFile()).size,
  readdir: (path) => folder.names(path),
  mkdir: async (path) => {
    await folder.folder(path, true);
  },
  unlink: (path) => folder.remove(path),
  sync: () => undefined,
  close: () => undefined,
  async importFiles(folders, files) {
    for (const path of folders) await folder.folder(path, true);
    for (const { path, bytes } of files) await writeFile(path, bytes);
  },
});
