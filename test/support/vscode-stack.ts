/**
 * VscodeStack: VS Code's own code between an extension's FileSystemProvider and the editor, as monaco-vscode-api publishes it: the extension host's
 * side, the messages, the main thread's side, and the file service that every editor, explorer and save goes through. It runs in Node and on
 * pages; whoever uses it says how its modules are loaded there. Types are those of `@types/vscode`, and for what is internal, what
 * is used of it: its own declarations are several hundred files.
 */
import type * as vscode from "vscode";

/** Resolves to a module of VS Code by package (the last part of its name) and path. */
export type LoadModule = (from: "api" | "files" | "extensions", path: string) => Promise<unknown>;

export interface Ends {
  dispose(): unknown;
}

type Listen<T> = (listener: (event: T) => unknown) => Ends;

export interface StackBuffer {
  readonly buffer: Uint8Array;
  toString(): string;
}

export interface EditorFileStat {
  readonly resource: vscode.Uri;
  readonly name: string;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
  readonly isSymbolicLink: boolean;
  readonly readonly: boolean;
  readonly mtime: number;
  readonly size: number;
  readonly etag: string;
  readonly children?: readonly EditorFileStat[];
}

export interface FileChangesEvent {
  readonly rawAdded: readonly vscode.Uri[];
  readonly rawUpdated: readonly vscode.Uri[];
  readonly rawDeleted: readonly vscode.Uri[];
  contains(resource: vscode.Uri): boolean;
}

/** VS Code's IFileService, as far as it is used. */
export interface EditorFileService {
  registerProvider(scheme: string, provider: unknown): Ends;
  hasProvider(uri: vscode.Uri): boolean;
  exists(uri: vscode.Uri): Promise<boolean>;
  stat(uri: vscode.Uri): Promise<EditorFileStat>;
  realpath(uri: vscode.Uri): Promise<vscode.Uri | undefined>;
  resolve(
    uri: vscode.Uri,
    options?: { readonly resolveMetadata?: boolean; readonly resolveTo?: readonly vscode.Uri[] },
  ): Promise<EditorFileStat>;
  createFile(
    uri: vscode.Uri,
    content?: StackBuffer,
    options?: { readonly overwrite?: boolean },
  ): Promise<EditorFileStat>;
  createFolder(uri: vscode.Uri): Promise<EditorFileStat>;
  readFile(uri: vscode.Uri): Promise<EditorFileStat & { readonly value: StackBuffer }>;
  readFileStream(uri: vscode.Uri): Promise<{ readonly value: ContentStream }>;
  writeFile(
    uri: vscode.Uri,
    content: StackBuffer,
    options?: { readonly mtime?: number; readonly etag?: string; readonly atomic?: unknown },
  ): Promise<EditorFileStat>;
  move(from: vscode.Uri, to: vscode.Uri, overwrite?: boolean): Promise<EditorFileStat>;
  copy(from: vscode.Uri, to: vscode.Uri, overwrite?: boolean): Promise<EditorFileStat>;
  del(uri: vscode.Uri, options?: { readonly recursive?: boolean }): Promise<void>;
  watch(
    uri: vscode.Uri,
    options?: { readonly recursive: boolean; readonly excludes: readonly string[] },
  ): Ends;
  createWatcher(
    uri: vscode.Uri,
    options: { readonly recursive: boolean; readonly excludes: readonly string[] },
  ): Ends & { readonly onDidChange: Listen<FileChangesEvent> };
  readonly onDidFilesChange: Listen<FileChangesEvent>;
  dispose(): void;
}

export interface ContentStream {
  on(event: "data", listener: (piece: StackBuffer) => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "end", listener: () => void): void;
}

export interface VscodeModules {
  readonly URI: Pick<typeof vscode.Uri, "from" | "parse">;
  readonly FileSystemError: typeof vscode.FileSystemError;
  readonly Disposable: typeof vscode.Disposable;
  readonly VSBuffer: {
    wrap(bytes: Uint8Array): StackBuffer;
    fromString(text: string): StackBuffer;
  };
  readonly FileService: new (log: unknown) => EditorFileService;
  readonly NullLogService: new () => unknown;
  readonly ExtHostFileSystem: new (rpc: Rpc, languageFeatures: object) => ExtensionSide;
  readonly ExtHostFileSystemInfo: new () => object;
  readonly ExtHostConsumerFileSystem: new (
    rpc: Rpc,
    info: object,
  ) => {
    readonly value: vscode.FileSystem;
    addFileSystemProvider(
      scheme: string,
      provider: vscode.FileSystemProvider,
      options: RegistrationOptions,
    ): Ends;
  };
  readonly MainThreadFileSystem: new (rpc: Rpc, fileService: EditorFileService) => object;
  readonly RPCProtocol: new (channel: Channel) => Rpc;
  readonly MainContext: Readonly<Record<"MainThreadFileSystem", unknown>>;
  readonly ExtHostContext: Readonly<Record<"ExtHostFileSystem" | "ExtHostFileSystemInfo", unknown>>;
  readonly Emitter: new <T>() => { readonly event: Listen<T>; fire(event: T): void };
}

interface RegistrationOptions {
  readonly isCaseSensitive?: boolean;
  readonly isReadonly?: boolean;
}

interface ExtensionSide {
  registerFileSystemProvider(
    extension: object,
    scheme: string,
    provider: vscode.FileSystemProvider,
    options: RegistrationOptions,
  ): Ends;
}

interface Rpc {
  set(identifier: unknown, served: object): unknown;
  dispose(): void;
}

interface Channel {
  send(message: StackBuffer): void;
  readonly onMessage: Listen<StackBuffer>;
}

const MODULES = [
  ["api", "vs/base/common/uri"],
  ["api", "vs/base/common/buffer"],
  ["api", "vs/base/common/event"],
  ["api", "vs/platform/log/common/log"],
  ["api", "vs/workbench/api/common/extHost.protocol"],
  ["api", "vs/workbench/api/common/extHostFileSystem"],
  ["api", "vs/workbench/api/common/extHostFileSystemConsumer"],
  ["api", "vs/workbench/api/common/extHostFileSystemInfo"],
  ["api", "vs/workbench/api/common/extHostTypes"],
  ["api", "vs/workbench/services/extensions/common/rpcProtocol"],
  ["extensions", "vs/workbench/api/browser/mainThreadFileSystem"],
  ["files", "vs/platform/files/common/fileService"],
] as const;

export async function loadVscode(load: LoadModule): Promise<VscodeModules> {
  const modules = await Promise.all(MODULES.map(([from, path]) => load(from, path)));
  return Object.assign({}, ...modules) as VscodeModules;
}

export interface VscodeStack {
  readonly modules: VscodeModules;
  readonly fileService: EditorFileService;
  /** `vscode.workspace.fs` of an extension that did not register the provider, and so goes by way of the editor. */
  readonly workspaceFs: vscode.FileSystem;
  /** The same of the one that did, whose calls VS Code takes straight to the provider. */
  readonly ownWorkspaceFs: vscode.FileSystem;
  /** `vscode.workspace.registerFileSystemProvider`. */
  register(scheme: string, provider: vscode.FileSystemProvider, options: RegistrationOptions): Ends;
  dispose(): void;
}

export function createStack(modules: VscodeModules): VscodeStack {
  const { RPCProtocol, MainContext, ExtHostContext } = modules;
  const fileService = new modules.FileService(new modules.NullLogService());
  const [extension, main] = channels(modules).map((channel) => new RPCProtocol(channel)) as [
    Rpc,
    Rpc,
  ];
  const info = new modules.ExtHostFileSystemInfo();
  const registerDocumentLinkProvider = (): Ends => ({ dispose: () => undefined });
  const host = new modules.ExtHostFileSystem(extension, { registerDocumentLinkProvider });
  extension.set(ExtHostContext.ExtHostFileSystemInfo, info);
  extension.set(ExtHostContext.ExtHostFileSystem, host);
  main.set(MainContext.MainThreadFileSystem, new modules.MainThreadFileSystem(main, fileService));
  const own = new modules.ExtHostConsumerFileSystem(extension, info);
  return {
    modules,
    fileService,
    workspaceFs: new modules.ExtHostConsumerFileSystem(extension, info).value,
    ownWorkspaceFs: own.value,
    register(scheme, provider, options) {
      const identifier = { value: "cofferfs.test", _lower: "cofferfs.test" };
      const registration = host.registerFileSystemProvider(
        { identifier },
        scheme,
        provider,
        options,
      );
      const shortcut = own.addFileSystemProvider(scheme, provider, options);
      return {
        dispose: () => {
          shortcut.dispose();
          registration.dispose();
        },
      };
    },
    dispose() {
      extension.dispose();
      main.dispose();
      fileService.dispose();
    },
  };
}

/** Two ends, between which a message takes a turn of the event loop, as between processes. */
function channels({ Emitter }: VscodeModules): [Channel, Channel] {
  const [toExtension, toMain] = [new Emitter<StackBuffer>(), new Emitter<StackBuffer>()];
  const end = (hears: typeof toMain, tells: typeof toMain): Channel => ({
    onMessage: hears.event,
    send: (message) => {
      setTimeout(() => {
        tells.fire(message);
      }, 0);
    },
  });
  return [end(toExtension, toMain), end(toMain, toExtension)];
}
