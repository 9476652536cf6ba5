/**
 * FileView and FileEdit: one operation's sight of the file tree, by records instead of keys. A view is
 * a snapshot; an edit is a private change of it that the engine publishes as a whole or forgets.
 * Everything is synchronous: what is not in memory throws NodeMiss or {@link UnitMiss}, and the
 * operation is run again.
 */
import { assert } from "../assert.js";
import { RepoError } from "../errors.js";
import { Chunk } from "./chunk.js";
import type { Footprint } from "./footprint.js";
import type { NodeHandle, TreeSpec } from "./node.js";
import {
  dentryKey,
  inodeKey,
  keyName,
  keyOrphan,
  keyType,
  MAX_INO,
  orphanKey,
  recordsEnd,
  type Dentry,
  type FileRecord,
  type Ino,
  type Inode,
  type Orphan,
} from "./records.js";
import type { Generation, SlotRef } from "./slot-ref.js";
import { Miss, TreeEdit, TreeView } from "./tree.js";
import type { TreeEvent } from "./tree-events.js";
import type { OpenUnit } from "./unit.js";

/** Content that is not in memory. */
export class UnitMiss extends Miss {
  readonly unit: SlotRef;

  constructor(unit: SlotRef) {
    super("content is not in memory");
    this.unit = unit;
  }
}

/** An earlier truncation of the file must be completed first, which takes transactions of its own. */
export class TrimPending extends Error {
  readonly ino: Ino;

  constructor(ino: Ino) {
    super("a truncation is not complete");
    this.ino = ino;
  }
}

/** A published state of the file tree. */
export interface FileState {
  readonly root: NodeHandle<FileRecord>;
  readonly nextIno: Ino;
}

/** What an operation may ask besides its tree. */
export interface ViewContext {
  readonly spec: TreeSpec<FileRecord>;
  /** A sealed unit if it is in memory. */
  readonly unit: (ref: SlotRef) => OpenUnit | undefined;
  /** Whether the repo keeps content in frames. */
  readonly framed: boolean;
  /** Whether a truncation of the file still has extents to free. */
  readonly trimming: (ino: Ino) => boolean;
  /** What was born later than this is in no snapshot. */
  readonly sharedBirth: () => Generation;
}

function corrupt(): RepoError {
  return new RepoError("INTEGRITY");
}

export class FileView {
  readonly tree: TreeView<FileRecord>;
  protected readonly context: ViewContext;

  constructor(tree: TreeView<FileRecord>, context: ViewContext) {
    this.tree = tree;
    this.context = context;
  }

  static of(state: FileState, context: ViewContext): FileView {
    return new FileView(new TreeView(context.spec, state.root), context);
  }

  findInode(ino: Ino): Inode | undefined {
    const record = this.tree.get(inodeKey(ino));
    return record?.is === "inode" ? record.inode : undefined;
  }

  /** The inode to which a dentry or an open handle leads; INTEGRITY if it is missing. */
  inode(ino: Ino): Inode {
    const inode = this.findInode(ino);
    if (inode === undefined) throw corrupt();
    return inode;
  }

  /** `name` is a UTF-8 byte string. */
  dentry(directory: Ino, name: string): Dentry | undefined {
    const record = this.tree.get(dentryKey(directory, name));
    return record?.is === "dentry" ? record.dentry : undefined;
  }

  /** Visits the entries after the name `after` in the order of their bytes, until `visit` returns false. */
  dentries(directory: Ino, after: string, visit: (name: string, dentry: Dentry) => boolean): void {
    const each = (key: string, record: FileRecord): boolean => {
      if (record.is !== "dentry") return false;
      const name = keyName(key);
      return name === after ? true : visit(name, record.dentry);
    };
    this.tree.scan(dentryKey(directory, after), each, recordsEnd(directory, "dentry"));
  }

  /** The inodes that wait to be reclaimed. */
  orphans(): Ino[] {
    const found: Ino[] = [];
    this.tree.scan(orphanKey(0), (key) => {
      if (keyType(key) !== "orphan") return false;
      found.push(keyOrphan(key));
      return true;
    });
    return found;
  }

  isOrphan(ino: Ino): boolean {
    return this.tree.get(orphanKey(ino)) !== undefined;
  }

  isEmptyDirectory(directory: Ino): boolean {
    let empty = true;
    this.dentries(directory, "", () => (empty = false));
    return empty;
  }

  /** The content of a chunk. */
  chunkBytes(chunk: Chunk): Uint8Array {
    if (chunk.bytes !== undefined) return chunk.bytes.subarray(0, chunk.used);
    assert(chunk.unit !== undefined, "a chunk is pending or stored");
    const unit = this.context.unit(chunk.unit);
    if (unit === undefined) throw new UnitMiss(chunk.unit);
    return unit.content(chunk);
  }

  /** What was born later than this is in no snapshot. */
  get sharedBirth(): Generation {
    return this.context.sharedBirth();
  }

  /** Waits for an unfinished truncation, which may have left extents behind the end of the file. */
  awaitTrim(ino: Ino): void {
    if (this.context.trimming(ino)) throw new TrimPending(ino);
  }
}

/** What an edit may be given beside its state. */
export interface EditSources {
  readonly footprint?: Footprint | undefined;
  /** Where inode numbers come from, if not from the state. */
  readonly newIno?: (() => Ino) | undefined;
}

export class FileEdit extends FileView {
  override readonly tree: TreeEdit<FileRecord>;
  readonly nowMs: number;
  /** Change in the number of extents that point to each chunk. */
  readonly references = new Map<Chunk, number>();
  /** Changes of pending chunks that only this operation can see; run when it is published. */
  readonly onPublish: (() => void)[] = [];
  /** Bytes by which pending chunks grow when it is published. */
  readonly grown = new Map<Chunk, number>();
  /** Inodes that are not what they were. */
  readonly touched = new Set<Ino>();
  /** Inodes of which the engine reclaims what this operation has cut off. */
  readonly reclaim = new Set<Ino>();
  /** What it has done to names, for those who watch them. */
  readonly events: TreeEvent[] = [];
  /** Where keys are booked, if somebody wants to know. */
  readonly footprint: Footprint | undefined;
  nextIno: Ino;
  readonly #newIno: (() => Ino) | undefined;

  constructor(state: FileState, context: ViewContext, nowMs: number, sources: EditSources = {}) {
    const { footprint, newIno } = sources;
    const tree = new TreeEdit(context.spec, state.root, footprint);
    super(tree, context);
    this.tree = tree;
    this.nowMs = nowMs;
    this.footprint = footprint;
    this.nextIno = state.nextIno;
    this.#newIno = newIno;
  }

  newIno(): Ino {
    if (this.#newIno !== undefined) return this.#newIno();
    if (this.nextIno > MAX_INO) throw new RepoError("ENOSPC");
    return this.nextIno++;
  }

  putInode(ino: Ino, inode: Inode): void {
    this.touched.add(ino);
    this.tree.put(inodeKey(ino), { is: "inode", inode });
  }

  removeInode(ino: Ino): void {
    this.touched.add(ino);
    this.tree.delete(inodeKey(ino));
  }

  putDentry(directory: Ino, name: string, dentry: Dentry): void {
    this.tree.put(dentryKey(directory, name), { is: "dentry", dentry });
  }

  removeDentry(directory: Ino, name: string): void {
    this.tree.delete(dentryKey(directory, name));
  }

  /** Lists the inode for reclaiming: by the engine after this operation, or at the next opening. */
  putOrphan(ino: Ino, orphan: Orphan): void {
    this.tree.put(orphanKey(ino), { is: "orphan", orphan });
    this.reclaim.add(ino);
  }

  removeOrphan(ino: Ino): void {
    this.tree.delete(orphanKey(ino));
  }

  /** A pending chunk of `bytes`, which belong to it from now on; with one extent. */
  newChunk(bytes: Uint8Array, dedup: boolean): Chunk {
    const chunk = Chunk.pending(bytes, { framed: this.context.framed, dedup });
    this.retain(chunk);
    return chunk;
  }

  retain(chunk: Chunk): void {
    this.references.set(chunk, (this.references.get(chunk) ?? 0) + 1);
  }

  release(chunk: Chunk): void {
    this.references.set(chunk, (this.references.get(chunk) ?? 0) - 1);
  }
}
