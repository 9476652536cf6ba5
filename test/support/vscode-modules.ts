/**
 * VS Code's own code, as monaco-vscode-api publishes it: what stands between an extension's provider and the editor. These modules need no browser.
 */
export { URI } from "@codingame/monaco-vscode-api/vscode/vs/base/common/uri";
export { VSBuffer } from "@codingame/monaco-vscode-api/vscode/vs/base/common/buffer";
export { FileSystemError, FileChangeType } from "@codingame/monaco-vscode-api/vscode/vs/workbench/api/common/extHostTypes";
export { FileService } from "@codingame/monaco-vscode-files-service-override/vscode/vs/platform/files/common/fileService";
export { ExtHostFileSystem } from "@codingame/monaco-vscode-api/vscode/vs/workbench/api/common/extHostFileSystem";
export { ExtHostConsumerFileSystem } from "@codingame/monaco-vscode-api/vscode/vs/workbench/api/common/extHostFileSystemConsumer";
export { MainThreadFileSystem } from "@codingame/monaco-vscode-extensions-service-override/vscode/vs/workbench/api/browser/mainThreadFileSystem";
