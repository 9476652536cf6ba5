/** One OPFS file of its own for a measurement, gone afterwards. */
export async function withAccessHandle<T>(
  prefix: string,
  work: (handle: FileSystemSyncAccessHandle) => Promise<T> | T,
): Promise<T> {
  const root = await navigator.storage.getDirectory();
  const name = `${prefix}-${crypto.randomUUID()}`;
  const file = await root.getFileHandle(name, { create: true });
  const handle = await file.createSyncAccessHandle();
  try {
    return await work(handle);
  } finally {
    handle.close();
    await root.removeEntry(name);
  }
}
