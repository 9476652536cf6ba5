/** Archives made byte by byte, so that they can say what no proper program writes. */
import { crc32, deflateRawSync } from "node:zlib";

/** An entry of a zip archive; what is left out is as it should be. */
export interface ZipPart {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  /** Deflated; or whatever method the number says, of the bytes as they are. */
  readonly method?: "deflate" | number;
  /** Of Unix, with the type. Default a plain file's. */
  readonly mode?: number;
  readonly flags?: number;
  readonly crc?: number;
  /** What the directory says of the content's size. */
  readonly size?: number;
  /** In the local header, where it may be another one. */
  readonly localName?: string;
  /** Where the local header is. */
  readonly offset?: number;
}

export function zip(
  parts: readonly ZipPart[],
  { zip64 = false }: { readonly zip64?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const bodies: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    const { local, central } = zipRecords(part, at);
    bodies.push(local);
    directory.push(central);
    at += local.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 ? 0xffff : parts.length, 8);
  end.writeUInt16LE(zip64 ? 0xffff : parts.length, 10);
  end.writeUInt32LE(zip64 ? 0xffff_ffff : size, 12);
  end.writeUInt32LE(zip64 ? 0xffff_ffff : at, 16);
  const large = zip64 ? zip64End(parts.length, size, at) : [];
  return new Uint8Array(Buffer.concat([...bodies, ...directory, ...large, end]));
}

/** The end of the directory with numbers of 64 bits, and where that is. */
function zip64End(count: number, size: number, at: number): Buffer[] {
  const end = Buffer.alloc(56);
  end.writeUInt32LE(0x06064b50, 0);
  end.writeBigUInt64LE(44n, 4);
  end.writeUInt16LE(45, 14);
  for (const [offset, value] of [
    [24, count],
    [32, count],
    [40, size],
    [48, at],
  ] as const)
    end.writeBigUInt64LE(BigInt(value), offset);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at + size), 8);
  locator.writeUInt32LE(1, 16);
  return [end, locator];
}

function zipRecords(part: ZipPart, at: number): { local: Uint8Array; central: Uint8Array } {
  const { content = "", method = 0, mode = 0o100644, flags = 0x800 } = part;
  const name = Buffer.from(part.name);
  const raw = Buffer.from(content);
  const data = method === "deflate" ? deflateRawSync(raw) : raw;
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(flags, 2);
  common.writeUInt16LE(method === "deflate" ? 8 : method, 4);
  common.writeUInt16LE(0x5821, 8);
  common.writeUInt32LE((part.crc ?? crcOf(raw)) >>> 0, 10);
  common.writeUInt32LE(data.length, 14);
  common.writeUInt32LE(part.size ?? raw.length, 18);
  common.writeUInt16LE(name.length, 22);
  const localName = Buffer.from(part.localName ?? part.name);
  const localCommon = Buffer.from(common);
  localCommon.writeUInt16LE(localName.length, 22);
  const local = Buffer.concat([signature(0x04034b50), localCommon, localName, data]);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE((mode << 16) >>> 0, 6);
  tail.writeUInt32LE(part.offset ?? at, 10);
  const version = Buffer.from([20, 3]);
  const central = Buffer.concat([signature(0x02014b50), version, common, tail, name]);
  return { local, central };
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function crcOf(bytes: Uint8Array): number {
  return crc32(bytes);
}

/** A header of a tar archive and what follows it; what is left out is as it should be. */
export interface TarPart {
  readonly name: string | Uint8Array;
  readonly content?: string | Uint8Array;
  readonly type?: string;
  readonly target?: string;
  readonly mode?: number;
  /** Written as it is. */
  readonly size?: string | Uint8Array;
  readonly checksum?: number;
}

export function tar(parts: readonly TarPart[]): Uint8Array<ArrayBuffer> {
  const blocks = parts.flatMap(tarBlocks);
  return new Uint8Array(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** A pax header for the next entry. */
export function pax(records: Readonly<Record<string, string>>): TarPart {
  const content = Object.entries(records)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      let length = Buffer.byteLength(rest) + 1;
      while (String(length).length + Buffer.byteLength(rest) !== length) length++;
      return `${length}${rest}`;
    })
    .join("");
  return { name: "pax", type: "x", content };
}

function tarBlocks(part: TarPart): Buffer[] {
  const { content = "", type = "0", target = "", mode = 0o644 } = part;
  const data = Buffer.from(content);
  const header = Buffer.alloc(512);
  Buffer.from(part.name).copy(header, 0, 0, 100);
  header.write(mode.toString(8).padStart(7, "0"), 100);
  header.write("0000000", 108);
  header.write("0000000", 116);
  const size = part.size ?? data.length.toString(8).padStart(11, "0");
  Buffer.from(size).copy(header, 124, 0, 12);
  header.write("07000000000", 136);
  header.write(type, 156);
  header.write(target, 157, 100);
  header.write("ustar\u000000", 257);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${(part.checksum ?? sum).toString(8).padStart(6, "0")}\0 `, 148);
  return [header, data, Buffer.alloc(-data.length & 511)];
}
