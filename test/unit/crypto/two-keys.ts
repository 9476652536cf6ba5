/**
 * Builds an AES-GCM ciphertext of two blocks that opens under two keys, which GCM allows: the tag is
 * linear in the last ciphertext block, so that block is solved for (Dodis et al., "Fast Message
 * Franking", 2018).
 */
import { createCipheriv } from "node:crypto";

/** GF(2^128) as GCM has it: the first bit of the first byte is the coefficient of x^0. */
const REDUCTION = 0xe1n << 120n;

function multiply(x: bigint, y: bigint): bigint {
  let product = 0n;
  for (let bit = 127n; bit >= 0n; bit--) {
    if ((x >> bit) & 1n) product ^= y;
    y = y & 1n ? (y >> 1n) ^ REDUCTION : y >> 1n;
  }
  return product;
}

/** x^(2^128 − 2). */
function invert(x: bigint): bigint {
  let result = 1n << 127n;
  let power = x;
  for (let i = 0; i < 127; i++) {
    power = multiply(power, power);
    result = multiply(result, power);
  }
  return result;
}

const toBlock = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString("hex")}`);
const fromBlock = (block: bigint): Buffer =>
  Buffer.from(block.toString(16).padStart(32, "0"), "hex");

function aesBlock(key: Buffer, block: Buffer): Buffer {
  const cipher = createCipheriv("aes-256-ecb", key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** GHASH of aad and one known ciphertext block, with the last block left out, plus the tag's mask. */
function knownPart(key: Buffer, aad: Buffer, firstBlock: Buffer): { h: bigint; known: bigint } {
  const h = toBlock(aesBlock(key, Buffer.alloc(16)));
  const padded = Buffer.concat([aad, Buffer.alloc((16 - (aad.length % 16)) % 16)]);
  let hash = 0n;
  for (let at = 0; at < padded.length; at += 16)
    hash = multiply(hash ^ toBlock(padded.subarray(at, at + 16)), h);
  hash = multiply(hash ^ toBlock(firstBlock), h);
  hash = multiply(hash, h);
  const lengths = (BigInt(aad.length * 8) << 64n) | BigInt(32 * 8);
  hash = multiply(hash ^ lengths, h);
  const counter = Buffer.alloc(16);
  counter.writeUInt8(1, 15);
  return { h, known: hash ^ toBlock(aesBlock(key, counter)) };
}

/** 32 bytes of ciphertext and a tag that authenticate under both keys with a zero nonce. */
export function opensUnderBoth(
  one: Buffer,
  aadOne: Buffer,
  other: Buffer,
  aadOther: Buffer,
): { ciphertext: Buffer; tag: Buffer } {
  const firstBlock = Buffer.alloc(16, 0x77);
  const a = knownPart(one, aadOne, firstBlock);
  const b = knownPart(other, aadOther, firstBlock);
  const squares = multiply(a.h, a.h) ^ multiply(b.h, b.h);
  const last = multiply(a.known ^ b.known, invert(squares));
  const tag = a.known ^ multiply(last, multiply(a.h, a.h));
  return { ciphertext: Buffer.concat([firstBlock, fromBlock(last)]), tag: fromBlock(tag) };
}
