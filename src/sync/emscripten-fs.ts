/**
 * EmscriptenFs: a repo's files as a type of file system for Emscripten's FS.mount. A node there stands for a path, whose
 * names lead up to the mount; content and attributes are always those of the repo.
 */
import { constants } from "../api/flags.js";
import type { Stats } from "../api/stats.js";
import type { SyncFs } from "./sync-fs.js";
import { wasiErrno } from "./wasi-errno.js";

/** What is needed of the `FS` object of a program that Emscripten has built. */
export interface EmscriptenRuntimeFs {
  createNode(parent: EmscriptenNode | null, name: string, mode: number, dev?: number): unknown;
  lookupNode(parent: unknown, name: string): unknown;
  hashRemoveNode(node: unknown): void;
  readonly ErrnoError: new (errno: number) => Error;
}

/** A file, directory or link of a mounted file system. */
interface EmscriptenNode {
  name: string;
  mode: number;
  parent: EmscriptenNode;
  readonly id: number;
  readonly mount: { readonly opts: { readonly root?: string } };
  node_ops: NodeOperations;
  stream_ops: StreamOperations;
}

interface EmscriptenStream {
  readonly node: EmscriptenNode;
  readonly flags: number;
  readonly position: number;
  /** The same object for all streams that were duplicated from one. */
  readonly shared: object;
}

/** What is to be changed; times in milliseconds since 1970. */
interface EmscriptenAttributes {
  readonly mode?: number | undefined;
  readonly size?: number | undefined;
  readonly atime?: number | undefined;
  readonly mtime?: number | undefined;
  /** Both times, in programs built before 2025. */
  readonly timestamp?: number | undefined;
}

/** Goes to `FS.mount(type, { root }, mountpoint)`; `root` is a directory of the repo, by default all of it. */
export interface EmscriptenFileSystem {
  mount(mount: EmscriptenNode["mount"]): unknown;
}

type NodeOperations = ReturnType<EmscriptenFiles["nodeOperations"]>;
type StreamOperations = ReturnType<EmscriptenFiles["streamOperations"]>;

const { S_IFMT, S_IFDIR, S_IFREG, O_APPEND, O_RDWR, O_WRONLY } = constants;
const SEEK_CURRENT = 1;
const SEEK_END = 2;
const EINVAL = 28;
const NAME_BYTES = 255;

/**
 * A file system that a program built with Emscripten can mount: `Module.FS.mount(emscriptenFs(Module.FS, fs), { root: "/" },
 * "/mnt")`. Like Emscripten's NODEFS it has everything but `mmap`. The program must run in the worker that has the channel.
 *
 * @param FS the program's own, which it must export (`-sEXPORTED_RUNTIME_METHODS=FS -sFORCE_FILESYSTEM`)
 * @example
 * ```ts
 * import { emscriptenFs, type EmscriptenRuntimeFs, type SyncFs } from "cofferfs/sync";
 *
 * interface Program {
 *   readonly FS: EmscriptenRuntimeFs & {
 *     mkdir(path: string): void;
 *     mount(type: object, options: object, path: string): void;
 *   };
 *   callMain(args: readonly string[]): void;
 * }
 *
 * export function pack(program: Program, fs: SyncFs): void {
 *   program.FS.mkdir("/mnt");
 *   program.FS.mount(emscriptenFs(program.FS, fs), { root: "/projects" }, "/mnt");
 *   program.callMain(["a", "/mnt/all.7z", "/mnt/thesis"]);
 * }
 * ```
 */
export function emscriptenFs(FS: EmscriptenRuntimeFs, fs: SyncFs): EmscriptenFileSystem {
  return new EmscriptenFiles(FS, fs);
}

class EmscriptenFiles implements EmscriptenFileSystem {
  readonly #runtime: EmscriptenRuntimeFs;
  readonly #fs: SyncFs;
  readonly #nodeOperations = this.nodeOperations();
  readonly #streamOperations = this.streamOperations();
  /** Open files, by what duplicates share. */
  readonly #open = new WeakMap<object, { readonly fd: number; users: number }>();

  constructor(runtime: EmscriptenRuntimeFs, fs: SyncFs) {
    this.#runtime = runtime;
    this.#fs = fs;
  }

  mount(mount: EmscriptenNode["mount"]): unknown {
    const root = mount.opts.root ?? "/";
    return this.#node(null, "/", this.#try(() => this.#fs.statSync(root)).mode);
  }

  nodeOperations() {
    const at = (parent: EmscriptenNode, name: string): string => `${pathOf(parent)}/${name}`;
    return {
      getattr: (node: EmscriptenNode) =>
        this.#try(() => attributes(node, this.#fs.lstatSync(pathOf(node)))),
      setattr: (node: EmscriptenNode, changes: EmscriptenAttributes) => {
        const path = pathOf(node);
        this.#change(node, changes, {
          chmod: (mode) => {
            this.#fs.chmodSync(path, mode);
          },
          truncate: (size) => {
            this.#fs.truncateSync(path, size);
          },
          stat: () => this.#fs.lstatSync(path),
          utimes: (atime, mtime) => {
            this.#fs.lutimesSync(path, atime, mtime);
          },
        });
      },
      lookup: (parent: EmscriptenNode, name: string) =>
        this.#node(parent, name, this.#try(() => this.#fs.lstatSync(at(parent, name))).mode),
      mknod: (parent: EmscriptenNode, name: string, mode: number) => {
        const path = at(parent, name);
        this.#try(() => {
          if ((mode & S_IFMT) === S_IFDIR) this.#fs.mkdirSync(path, mode & ~S_IFMT);
          else if ((mode & S_IFMT) === S_IFREG)
            this.#fs.closeSync(this.#fs.openSync(path, "wx", mode & ~S_IFMT));
          else throw new this.#runtime.ErrnoError(EINVAL);
        });
        return this.#node(parent, name, mode);
      },
      rename: (node: EmscriptenNode, directory: EmscriptenNode, name: string) => {
        const replaced = this.#known(directory, name);
        this.#try(() => {
          this.#fs.renameSync(pathOf(node), at(directory, name));
        });
        if (replaced !== undefined && replaced !== node) this.#runtime.hashRemoveNode(replaced);
        node.name = name;
        node.parent = directory;
      },
      unlink: (parent: EmscriptenNode, name: string) => {
        this.#try(() => {
          this.#fs.unlinkSync(at(parent, name));
        });
      },
      rmdir: (parent: EmscriptenNode, name: string) => {
        this.#try(() => {
          this.#fs.rmdirSync(at(parent, name));
        });
      },
      readdir: (node: EmscriptenNode) => [
        ".",
        "..",
        ...this.#try(() => this.#fs.readdirSync(pathOf(node))),
      ],
      symlink: (parent: EmscriptenNode, name: string, target: string) => {
        this.#try(() => {
          this.#fs.symlinkSync(target, at(parent, name));
        });
      },
      readlink: (node: EmscriptenNode) => this.#try(() => this.#fs.readlinkSync(pathOf(node))),
      statfs: () => {
        const stats = this.#try(() => this.#fs.statfsSync("/"));
        return { ...stats, frsize: stats.bsize, fsid: 0, flags: 0, namelen: NAME_BYTES };
      },
    };
  }

  streamOperations() {
    const fdOf = ({ shared }: EmscriptenStream): number => this.#open.get(shared)?.fd ?? -1;
    return {
      getattr: (stream: EmscriptenStream) =>
        this.#try(() => attributes(stream.node, this.#fs.fstatSync(fdOf(stream)))),
      setattr: (stream: EmscriptenStream, changes: EmscriptenAttributes) => {
        const fd = fdOf(stream);
        this.#change(stream.node, changes, {
          chmod: (mode) => {
            this.#fs.fchmodSync(fd, mode);
          },
          truncate: (size) => {
            this.#fs.ftruncateSync(fd, size);
          },
          stat: () => this.#fs.fstatSync(fd),
          utimes: (atime, mtime) => {
            this.#fs.futimesSync(fd, atime, mtime);
          },
        });
      },
      open: (stream: EmscriptenStream) => {
        // A directory has nothing to read, and what else the flags ask for the caller has done.
        if ((stream.node.mode & S_IFMT) !== S_IFREG) return;
        const flags = stream.flags & (O_WRONLY | O_RDWR | O_APPEND);
        const fd = this.#try(() => this.#fs.openSync(pathOf(stream.node), flags));
        this.#open.set(stream.shared, { fd, users: 1 });
      },
      dup: (stream: EmscriptenStream) => {
        const open = this.#open.get(stream.shared);
        if (open !== undefined) open.users += 1;
      },
      close: (stream: EmscriptenStream) => {
        const open = this.#open.get(stream.shared);
        if (open === undefined || --open.users > 0) return;
        this.#open.delete(stream.shared);
        this.#try(() => {
          this.#fs.closeSync(open.fd);
        });
      },
      read: (
        stream: EmscriptenStream,
        buffer: ArrayBufferView,
        offset: number,
        length: number,
        position: number,
      ) =>
        this.#try(() =>
          this.#fs.readSync(fdOf(stream), partOf(buffer, offset, length), { position }),
        ),
      write: (
        stream: EmscriptenStream,
        buffer: ArrayBufferView,
        offset: number,
        length: number,
        position: number,
      ) =>
        this.#try(() =>
          this.#fs.writeSync(fdOf(stream), partOf(buffer, offset, length), { position }),
        ),
      llseek: (stream: EmscriptenStream, offset: number, whence: number) => {
        const from =
          whence === SEEK_CURRENT
            ? stream.position
            : whence === SEEK_END
              ? this.#try(() => this.#fs.fstatSync(fdOf(stream)).size)
              : 0;
        if (from + offset < 0) throw new this.#runtime.ErrnoError(EINVAL);
        return from + offset;
      },
      fsync: (stream: EmscriptenStream) => {
        this.#try(() => {
          this.#fs.fsyncSync(fdOf(stream));
        });
        return 0;
      },
    };
  }

  #node(parent: EmscriptenNode | null, name: string, mode: number): EmscriptenNode {
    const node = this.#runtime.createNode(parent, name, mode, 0) as EmscriptenNode;
    node.node_ops = this.#nodeOperations;
    node.stream_ops = this.#streamOperations;
    return node;
  }

  /** The node that stands for a name now, if there is such a file. */
  #known(directory: EmscriptenNode, name: string): unknown {
    try {
      return this.#runtime.lookupNode(directory, name);
    } catch {
      return undefined;
    }
  }

  #change(node: EmscriptenNode, changes: EmscriptenAttributes, on: Changeable): void {
    const { mode, size, timestamp, atime = timestamp, mtime = timestamp } = changes;
    this.#try(() => {
      if (mode !== undefined) {
        on.chmod(mode & ~S_IFMT);
        node.mode = mode;
      }
      if (size !== undefined) on.truncate(size);
      if (atime !== undefined || mtime !== undefined) {
        const now = on.stat();
        on.utimes(new Date(atime ?? now.atimeMs), new Date(mtime ?? now.mtimeMs));
      }
    });
  }

  /** Runs a call whose failure the program is to see as an errno. */
  #try<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof this.#runtime.ErrnoError) throw error;
      throw new this.#runtime.ErrnoError(wasiErrno(error));
    }
  }
}

/** How a file, by path or open, is changed. */
interface Changeable {
  readonly chmod: (mode: number) => void;
  readonly truncate: (size: number) => void;
  readonly stat: () => Stats;
  readonly utimes: (atime: Date, mtime: Date) => void;
}

function pathOf(node: EmscriptenNode): string {
  const names: string[] = [];
  // The root of a mount is its own parent.
  let at = node;
  for (; at.parent !== at; at = at.parent) names.unshift(at.name);
  return [at.mount.opts.root ?? "", ...names].join("/");
}

function attributes(node: EmscriptenNode, stats: Stats): object {
  const { mode, nlink, uid, gid, size, atime, mtime, ctime, blksize, blocks } = stats;
  return {
    dev: 1,
    ino: node.id,
    mode,
    nlink,
    uid,
    gid,
    rdev: 0,
    size,
    atime,
    mtime,
    ctime,
    blksize,
    blocks,
  };
}

function partOf(view: ArrayBufferView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + offset, length);
}
