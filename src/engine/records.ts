/**
 * Records of the file tree (docs/FORMAT.md §5.3): inodes, dentries, extents and the list of orphans,
 * and the keys under which they are sorted. A key is ino ‖ type ‖ rest, so that everything of one
 * inode is adjacent.
 */
import { bigEndian, fromBigEndian, MalformedBytes, varintBytes } from "../codec/bytes.js";
import type { ByteReader, ByteWriter } from "../codec/bytes.js";
import { utf8Decode } from "../codec/utf8.js";
import { extentBytes, readExtent, writeExtent, type Chunk, type Extent } from "./chunk.js";
import type { ValueCodec } from "./node.js";
import type { SlotRef } from "./slot-ref.js";

/** Number of an inode; never used twice in the life of a repo. */
export type Ino = number;

export const ROOT_INO: Ino = 1;
export const MAX_INO = 2 ** 48 - 1;
/** Largest file offset + 1. */
export const MAX_FILE_BYTES = Number.MAX_SAFE_INTEGER;
const MAX_MODE = 0o7777;

export type NodeType = "file" | "directory" | "symlink";

export interface Inode {
  readonly type: NodeType;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Names that lead here; a directory counts itself and its subdirectories, as in POSIX. */
  readonly nlink: number;
  readonly size: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  /** Number of the content's version, from 1; directories and links stay at 1. */
  readonly version: number;
  /** How many versions of the content are kept, the present one included; 0: as the repo says. */
  readonly versionLimit: number;
  /** Whether new content is cut where it says and shared with equal content of other files. */
  readonly dedup: boolean;
  /** Whole content of a small file or a link target; extents hold it otherwise. */
  readonly inline: Uint8Array | undefined;
}

/** A past version of a file's content. */
export interface Version {
  readonly size: number;
  /** When it was made, in milliseconds since 1970. */
  readonly createdMs: number;
  /** Its whole content, if that was inline. */
  readonly inline: Uint8Array | undefined;
}

/** What a past version had where later ones were changed: an extent, or a hole. */
export interface PastRange {
  readonly length: number;
  readonly extent: Extent | undefined;
}

export interface Dentry {
  readonly ino: Ino;
  readonly type: NodeType;
}

/** An inode whose content from `trimFrom` on is to be freed; without names or handles the inode too. */
export interface Orphan {
  readonly trimFrom: number;
}

export type FileRecord =
  | { readonly is: "inode"; readonly inode: Inode }
  | { readonly is: "dentry"; readonly dentry: Dentry }
  | { readonly is: "extent"; readonly extent: Extent }
  | { readonly is: "orphan"; readonly orphan: Orphan }
  | { readonly is: "version"; readonly version: Version }
  | { readonly is: "past"; readonly past: PastRange };

/** The chunk that a record refers to: with an extent of the present content or of a past version. */
export function chunkOf(record: FileRecord): Chunk | undefined {
  if (record.is === "extent") return record.extent.chunk;
  return record.is === "past" ? record.past.extent?.chunk : undefined;
}

/** The unit of that chunk. */
export function unitOf(record: FileRecord): SlotRef | undefined {
  return chunkOf(record)?.unit;
}

const KEY_TYPE = { inode: 1, dentry: 2, extent: 3, orphan: 4, version: 5, past: 6 } as const;
const INO_BYTES = 6;
const OFFSET_BYTES = 7;
const VERSION_BYTES = 4;
const TYPE_CHARS = {
  inode: String.fromCharCode(KEY_TYPE.inode),
  dentry: String.fromCharCode(KEY_TYPE.dentry),
  extent: String.fromCharCode(KEY_TYPE.extent),
  orphan: String.fromCharCode(KEY_TYPE.orphan),
  version: String.fromCharCode(KEY_TYPE.version),
  past: String.fromCharCode(KEY_TYPE.past),
} as const;

export function inodeKey(ino: Ino): string {
  return bigEndian(ino, INO_BYTES) + TYPE_CHARS.inode;
}

/** `name` is a UTF-8 byte string; the empty one precedes all entries of the directory. */
export function dentryKey(directory: Ino, name: string): string {
  return bigEndian(directory, INO_BYTES) + TYPE_CHARS.dentry + name;
}

/** The first key behind all records of one type that the inode may have. */
export function recordsEnd(ino: Ino, type: keyof typeof KEY_TYPE): string {
  return bigEndian(ino, INO_BYTES) + String.fromCharCode(KEY_TYPE[type] + 1);
}

export function extentKey(ino: Ino, offset: number): string {
  return bigEndian(ino, INO_BYTES) + TYPE_CHARS.extent + bigEndian(offset, OFFSET_BYTES);
}

/** A past version; 0 precedes all. */
export function versionKey(ino: Ino, version: number): string {
  return bigEndian(ino, INO_BYTES) + TYPE_CHARS.version + bigEndian(version, VERSION_BYTES);
}

/** What a past version had at a file offset. */
export function pastKey(ino: Ino, version: number, offset: number): string {
  const place = bigEndian(version, VERSION_BYTES) + bigEndian(offset, OFFSET_BYTES);
  return bigEndian(ino, INO_BYTES) + TYPE_CHARS.past + place;
}

/** The version's number in its key, and in that of what it had. */
export function keyVersion(key: string): number {
  return fromBigEndian(key, INO_BYTES + 1, VERSION_BYTES);
}

/** The file offset in the key of what a past version had. */
export function keyPastOffset(key: string): number {
  return fromBigEndian(key, INO_BYTES + 1 + VERSION_BYTES, OFFSET_BYTES);
}

/** Orphans sort under the ino 0, which no inode has. */
export function orphanKey(ino: Ino): string {
  return bigEndian(0, INO_BYTES) + TYPE_CHARS.orphan + bigEndian(ino, INO_BYTES);
}

export function keyIno(key: string): Ino {
  return fromBigEndian(key, 0, INO_BYTES);
}

/** The type of a well-formed key. */
export function keyType(key: string): keyof typeof KEY_TYPE | undefined {
  const rest = key.length - INO_BYTES - 1;
  switch (key.charCodeAt(INO_BYTES)) {
    case KEY_TYPE.inode:
      return rest === 0 ? "inode" : undefined;
    case KEY_TYPE.dentry:
      return rest > 0 ? "dentry" : undefined;
    case KEY_TYPE.extent:
      return rest === OFFSET_BYTES ? "extent" : undefined;
    case KEY_TYPE.orphan:
      return rest === INO_BYTES ? "orphan" : undefined;
    case KEY_TYPE.version:
      return rest === VERSION_BYTES ? "version" : undefined;
    case KEY_TYPE.past:
      return rest === VERSION_BYTES + OFFSET_BYTES ? "past" : undefined;
    default:
      return undefined;
  }
}

/** The UTF-8 byte string of the name in a dentry's key. */
export function keyName(key: string): string {
  return key.slice(INO_BYTES + 1);
}

/** The file offset in an extent's key. */
export function keyOffset(key: string): number {
  return fromBigEndian(key, INO_BYTES + 1, OFFSET_BYTES);
}

/** The orphan's ino in its key. */
export function keyOrphan(key: string): Ino {
  return fromBigEndian(key, INO_BYTES + 1, INO_BYTES);
}

/** A name that could mean another place, or nothing at all, is nobody's honest doing. */
function assertName(name: string): void {
  utf8Decode(name);
  if (name === "." || name === ".." || /[/\0]/.test(name)) throw new MalformedBytes("bad name");
}

const NODE_TYPES: readonly NodeType[] = ["file", "directory", "symlink"];

function readNodeType(from: ByteReader): NodeType {
  const type = NODE_TYPES[from.u8()];
  if (type === undefined) throw new MalformedBytes("unknown node type");
  return type;
}

const INODE_FLAG = { inline: 1, dedup: 2 } as const;
/** type, mode, four times, flags */
const INODE_FIXED_BYTES = 1 + 2 + 4 * 8 + 1;
const MAX_VERSION = 2 ** 32 - 1;
export const MAX_VERSION_LIMIT = 255;

function inodeBytes(inode: Inode): number {
  const { uid, gid, nlink, size, inline } = inode;
  return (
    INODE_FIXED_BYTES +
    varintBytes(uid) +
    varintBytes(gid) +
    varintBytes(nlink) +
    varintBytes(size) +
    varintBytes(inode.version) +
    varintBytes(inode.versionLimit) +
    (inline === undefined ? 0 : inline.length)
  );
}

function writeInode(inode: Inode, to: ByteWriter): void {
  to.u8(NODE_TYPES.indexOf(inode.type));
  to.u16(inode.mode);
  to.varint(inode.uid);
  to.varint(inode.gid);
  to.varint(inode.nlink);
  to.varint(inode.size);
  to.f64(inode.atimeMs);
  to.f64(inode.mtimeMs);
  to.f64(inode.ctimeMs);
  to.f64(inode.birthtimeMs);
  to.varint(inode.version);
  to.varint(inode.versionLimit);
  to.u8(
    (inode.inline === undefined ? 0 : INODE_FLAG.inline) | (inode.dedup ? INODE_FLAG.dedup : 0),
  );
  if (inode.inline !== undefined) to.raw(inode.inline);
}

function readInode(from: ByteReader): Inode {
  const type = readNodeType(from);
  const mode = from.u16();
  const uid = from.varint();
  const gid = from.varint();
  const nlink = from.varint();
  const size = from.varint();
  const [atimeMs, mtimeMs, ctimeMs, birthtimeMs] = [from.f64(), from.f64(), from.f64(), from.f64()];
  const [version, versionLimit] = [from.varint(), from.varint()];
  const flags = from.u8();
  const times = { atimeMs, mtimeMs, ctimeMs, birthtimeMs };
  if (flags > 3 || mode > MAX_MODE || !Object.values(times).every(Number.isFinite))
    throw new MalformedBytes("bad inode");
  if (version < 1 || version > MAX_VERSION || versionLimit > MAX_VERSION_LIMIT)
    throw new MalformedBytes("bad version");
  const inline = (flags & INODE_FLAG.inline) === 0 ? undefined : from.raw(size);
  const dedup = (flags & INODE_FLAG.dedup) !== 0;
  const owner = { uid, gid, nlink };
  return { type, mode, ...owner, size, ...times, version, versionLimit, dedup, inline };
}

function versionBytes({ size, inline }: Version): number {
  return varintBytes(size) + 8 + 1 + (inline === undefined ? 0 : inline.length);
}

function writeVersion({ size, createdMs, inline }: Version, to: ByteWriter): void {
  to.varint(size);
  to.f64(createdMs);
  to.u8(inline === undefined ? 0 : 1);
  if (inline !== undefined) to.raw(inline);
}

function readVersion(from: ByteReader): Version {
  const [size, createdMs, flag] = [from.varint(), from.f64(), from.u8()];
  if (flag > 1 || !Number.isFinite(createdMs)) throw new MalformedBytes("bad version");
  return { size, createdMs, inline: flag === 1 ? from.raw(size) : undefined };
}

function pastBytes({ length, extent }: PastRange): number {
  return 1 + (extent === undefined ? varintBytes(length) : extentBytes(extent));
}

function writePast({ length, extent }: PastRange, to: ByteWriter): void {
  to.u8(extent === undefined ? 0 : 1);
  if (extent === undefined) to.varint(length);
  else writeExtent(extent, to);
}

function readPast(from: ByteReader): PastRange {
  const flag = from.u8();
  if (flag > 1) throw new MalformedBytes("bad past range");
  if (flag === 0) return { length: from.varint(), extent: undefined };
  const extent = readExtent(from);
  return { length: extent.length, extent };
}

export const fileRecordCodec: ValueCodec<FileRecord> = {
  size(record): number {
    switch (record.is) {
      case "inode":
        return inodeBytes(record.inode);
      case "dentry":
        return 1 + varintBytes(record.dentry.ino);
      case "extent":
        return extentBytes(record.extent);
      case "orphan":
        return varintBytes(record.orphan.trimFrom);
      case "version":
        return versionBytes(record.version);
      case "past":
        return pastBytes(record.past);
    }
  },
  write(record, _key, to): void {
    switch (record.is) {
      case "inode":
        writeInode(record.inode, to);
        return;
      case "dentry":
        to.u8(NODE_TYPES.indexOf(record.dentry.type));
        to.varint(record.dentry.ino);
        return;
      case "extent":
        writeExtent(record.extent, to);
        return;
      case "orphan":
        to.varint(record.orphan.trimFrom);
        return;
      case "version":
        writeVersion(record.version, to);
        return;
      case "past":
        writePast(record.past, to);
    }
  },
  read(key, from): FileRecord {
    switch (keyType(key)) {
      case "inode":
        return { is: "inode", inode: readInode(from) };
      case "dentry": {
        assertName(keyName(key));
        const type = readNodeType(from);
        return { is: "dentry", dentry: { type, ino: from.varint() } };
      }
      case "extent":
        return { is: "extent", extent: readExtent(from) };
      case "orphan":
        return { is: "orphan", orphan: { trimFrom: from.varint() } };
      case "version":
        return { is: "version", version: readVersion(from) };
      case "past":
        return { is: "past", past: readPast(from) };
      case undefined:
        throw new MalformedBytes("unknown record type");
    }
  },
};
