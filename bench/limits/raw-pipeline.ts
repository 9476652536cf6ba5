/**
 * The raw pipeline: what the browser can do at best with the same work, measured inside a worker: seal
 * (WebCrypto AES-GCM or libsodium's XChaCha20-Poly1305), gather 1 MiB, write through one OPFS access
 * handle; and back. No file system, no messages. It is the limit that cofferfs is held against.
 */
import sodium from "libsodium-wrappers";
import { MIB, type Cipher, type Figure } from "../messages.js";
import { byteRate } from "../workloads/figure.js";
import { withAccessHandle } from "./access-handle.js";

const PIECE_BYTES = MIB;
const TAG_BYTES = 16;

interface Aead {
  seal(plaintext: Uint8Array): Promise<Uint8Array>;
  open(ciphertext: Uint8Array): Promise<Uint8Array>;
}

async function aesGcm(): Promise<Aead> {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  // One nonce for all: nothing here is kept, and generating nonces is not what is measured.
  const params = { name: "AES-GCM", iv: new Uint8Array(12) };
  return {
    seal: async (plaintext) =>
      new Uint8Array(await crypto.subtle.encrypt(params, key, new Uint8Array(plaintext))),
    open: async (ciphertext) =>
      new Uint8Array(await crypto.subtle.decrypt(params, key, new Uint8Array(ciphertext))),
  };
}

async function xchacha(): Promise<Aead> {
  await sodium.ready;
  const key = sodium.randombytes_buf(32);
  const nonce = sodium.randombytes_buf(24);
  return {
    seal: (plaintext) =>
      Promise.resolve(
        sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, null, null, nonce, key),
      ),
    open: (ciphertext) =>
      Promise.resolve(
        sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, null, nonce, key),
      ),
  };
}

export async function rawPipeline(
  cipher: Cipher,
  unitBytes: number,
  totalBytes: number,
): Promise<Figure[]> {
  const aead = cipher === "aes-256-gcm" ? await aesGcm() : await xchacha();
  return withAccessHandle("raw-pipeline", async (handle) => {
    const pieces = totalBytes / PIECE_BYTES;
    const written = await writePieces(handle, aead, unitBytes, pieces);
    const read = await readPieces(handle, aead, unitBytes, pieces);
    return [
      byteRate("write+sync", { done: pieces, ms: written }, PIECE_BYTES),
      byteRate("read", { done: pieces, ms: read }, PIECE_BYTES),
    ];
  });
}

async function writePieces(
  handle: FileSystemSyncAccessHandle,
  aead: Aead,
  unitBytes: number,
  pieces: number,
): Promise<number> {
  const [units, sealedBytes] = [PIECE_BYTES / unitBytes, unitBytes + TAG_BYTES];
  const staging = new Uint8Array(units * sealedBytes);
  const plaintext = new Uint8Array(PIECE_BYTES).fill(0x5a);
  const start = performance.now();
  for (let piece = 0; piece < pieces; piece++) {
    const sealed = await Promise.all(
      Array.from({ length: units }, (_, i) =>
        aead.seal(plaintext.subarray(i * unitBytes, (i + 1) * unitBytes)),
      ),
    );
    for (const [i, bytes] of sealed.entries()) staging.set(bytes, i * sealedBytes);
    handle.write(staging, { at: piece * staging.length });
  }
  handle.flush();
  return performance.now() - start;
}

async function readPieces(
  handle: FileSystemSyncAccessHandle,
  aead: Aead,
  unitBytes: number,
  pieces: number,
): Promise<number> {
  const [units, sealedBytes] = [PIECE_BYTES / unitBytes, unitBytes + TAG_BYTES];
  const staging = new Uint8Array(units * sealedBytes);
  const start = performance.now();
  let opened = 0;
  for (let piece = 0; piece < pieces; piece++) {
    handle.read(staging, { at: piece * staging.length });
    const plain = await Promise.all(
      Array.from({ length: units }, (_, i) =>
        aead.open(staging.subarray(i * sealedBytes, (i + 1) * sealedBytes)),
      ),
    );
    for (const { length } of plain) opened += length;
  }
  if (opened !== pieces * PIECE_BYTES) throw new Error("the pipeline lost bytes");
  return performance.now() - start;
}
