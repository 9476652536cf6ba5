/**
 * The raw pipeline: what the browser can do at best with the same work, measured inside a worker: seal
 * (WebCrypto AES-GCM or libsodium's XChaCha20-Poly1305), gather 1 MiB, write through one OPFS access
 * handle; and back. No file system, no messages. It is the limit that cofferfs is held against.
 */
import sodium from "libsodium-wrappers";
import { MIB, type RawRequest, type RawResult } from "./messages.js";

const PIECE_BYTES = MIB;

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

async function run({ cipher, unitBytes, totalBytes }: RawRequest): Promise<RawResult> {
  const aead = cipher === "aes-256-gcm" ? await aesGcm() : await xchacha();
  const root = await navigator.storage.getDirectory();
  const name = `raw-${crypto.randomUUID()}`;
  const file = await root.getFileHandle(name, { create: true });
  const handle = await file.createSyncAccessHandle();
  try {
    const sealedBytes = unitBytes + 16;
    const units = PIECE_BYTES / unitBytes;
    const staging = new Uint8Array(units * sealedBytes);
    const plaintext = new Uint8Array(PIECE_BYTES).fill(0x5a);

    const writeStart = performance.now();
    for (let at = 0; at < totalBytes / PIECE_BYTES; at++) {
      const sealed = await Promise.all(
        Array.from({ length: units }, (_, i) =>
          aead.seal(plaintext.subarray(i * unitBytes, (i + 1) * unitBytes)),
        ),
      );
      sealed.forEach((bytes, i) => {
        staging.set(bytes, i * sealedBytes);
      });
      handle.write(staging, { at: at * staging.length });
    }
    handle.flush();
    const writeMs = performance.now() - writeStart;

    const readStart = performance.now();
    let opened = 0;
    for (let at = 0; at < totalBytes / PIECE_BYTES; at++) {
      handle.read(staging, { at: at * staging.length });
      const pieces = await Promise.all(
        Array.from({ length: units }, (_, i) =>
          aead.open(staging.subarray(i * sealedBytes, (i + 1) * sealedBytes)),
        ),
      );
      for (const piece of pieces) opened += piece.length;
    }
    if (opened !== totalBytes) throw new Error("the pipeline lost bytes");
    return { writeMs, readMs: performance.now() - readStart };
  } finally {
    handle.close();
    await root.removeEntry(name);
  }
}

addEventListener("message", (event: MessageEvent<RawRequest>) => {
  run(event.data).then(
    (result) => {
      postMessage({ result });
    },
    (error: unknown) => {
      postMessage({ error: String(error) });
    },
  );
});
