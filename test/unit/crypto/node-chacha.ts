/** The modern part of SubtleCrypto on node:crypto, which has ChaCha20-Poly1305 where Node 20's WebCrypto does not. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { ModernSubtle } from "../../../src/crypto/native-xchacha.js";

const keys = new WeakMap<CryptoKey, Buffer>();

export const nodeChaCha: ModernSubtle = {
  async importKey(format, key, _algorithm, extractable, usages) {
    if (format !== "raw-secret") throw new TypeError("not the modern form");
    const handle = await globalThis.crypto.subtle.importKey(
      "raw",
      key,
      "AES-GCM",
      extractable,
      usages,
    );
    keys.set(handle, Buffer.from(key));
    return handle;
  },
  encrypt({ iv, additionalData }, key, data) {
    const cipher = createCipheriv("chacha20-poly1305", raw(key), iv, { authTagLength: 16 });
    cipher.setAAD(additionalData, { plaintextLength: data.length });
    const ciphertext = Buffer.concat([cipher.update(data), cipher.final()]);
    return Promise.resolve(whole(Buffer.concat([ciphertext, cipher.getAuthTag()])));
  },
  decrypt({ iv, additionalData }, key, data) {
    const decipher = createDecipheriv("chacha20-poly1305", raw(key), iv, { authTagLength: 16 });
    const copy = Buffer.from(data);
    decipher.setAAD(additionalData, { plaintextLength: copy.length - 16 });
    decipher.setAuthTag(copy.subarray(-16));
    return Promise.resolve().then(() =>
      whole(Buffer.concat([decipher.update(copy.subarray(0, -16)), decipher.final()])),
    );
  },
};

function raw(key: CryptoKey): Buffer {
  const bytes = keys.get(key);
  if (bytes === undefined) throw new TypeError("a key of somebody else");
  return bytes;
}

function whole(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
