/** Types: what the providers have fits what editors ask for, and files of either kind fit what the providers ask for. It is compiled. */
import type * as node from "node:fs/promises";
import type { URI } from "@codingame/monaco-vscode-api/vscode/vs/base/common/uri";
import type { IFileSystemProviderWithFileReadWriteCapability } from "@codingame/monaco-vscode-api/vscode/vs/platform/files/common/files";
import type * as vscode from "vscode";
import type { Repo } from "../../../src/index.js";
import {
  fileSystemProvider,
  type ProvidedFs,
  type WorkbenchFileSystemProvider,
} from "../../../src/vscode/index.js";

/** What an extension does with a repo. */
export function activate(
  fs: Repo["fs"],
  module: Pick<typeof vscode, "FileSystemError"> & {
    readonly workspace: Pick<typeof vscode.workspace, "registerFileSystemProvider">;
  },
): { dispose(): unknown }[] {
  const provider = fileSystemProvider(fs, module, { root: "/base" });
  // All of it, copying included.
  const whole: Required<vscode.FileSystemProvider> = provider;
  const options = { isCaseSensitive: true };
  return [module.workspace.registerFileSystemProvider("coffer", whole, options), provider];
}

/** That an editor which is built from the workbench takes the other provider. */
export const FITS_WORKBENCH: WorkbenchFileSystemProvider<URI> extends IFileSystemProviderWithFileReadWriteCapability
  ? true
  : false = true;

export function filesOf(fs: typeof node): ProvidedFs {
  return fs;
}
