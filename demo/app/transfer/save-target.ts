/**
 * Where an export goes: straight into a file that the user has chosen, where the browser has a picker for it,
 * else through a Blob into the downloads.
 */
import { downloadBlob } from "../files/download.js";

declare global {
  interface Window {
    /** Chromium; https://wicg.github.io/file-system-access/ */
    showSaveFilePicker?(options: {
      readonly suggestedName: string;
      readonly types: readonly {
        readonly description: string;
        readonly accept: Readonly<Record<string, readonly string[]>>;
      }[];
    }): Promise<FileSystemFileHandle>;
  }
}

const EXTENSION = ".coffer";
const TYPE = "application/octet-stream";

/** Takes a whole stream, or, if that fails, nothing of it. */
export type SaveTarget = (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => Promise<void>;

/** Whether a container of any size can be saved, without a copy of it in between. */
export function savesStraight(): boolean {
  return window.showSaveFilePicker !== undefined;
}

/** Must be called by a click. Rejects with an AbortError if the user chooses nothing. */
export async function chooseTarget(vaultName: string): Promise<SaveTarget> {
  // Names of vaults may hold what names of files may not.
  const fileName = `${vaultName.replaceAll(/[\\/:*?"<>|]/g, "_")}${EXTENSION}`;
  const handle = await window.showSaveFilePicker?.({
    suggestedName: fileName,
    types: [{ description: "Sealed container", accept: { [TYPE]: [EXTENSION] } }],
  });
  if (handle === undefined) return (stream) => saveAsDownload(stream, fileName);
  return async (stream) => {
    // Until it is closed, what was written is beside the file and not in it.
    await stream.pipeTo(await handle.createWritable());
  };
}

async function saveAsDownload(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  fileName: string,
): Promise<void> {
  const pieces: Blob[] = [];
  // The browser keeps large Blobs on disk, so no more than a piece is in memory.
  for await (const piece of stream) pieces.push(new Blob([piece]));
  downloadBlob(new Blob(pieces, { type: TYPE }), fileName);
}
