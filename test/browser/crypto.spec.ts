/**
 * Cryptography in the browser that it is meant for: Chromium's own ChaCha20-Poly1305 and libsodium make
 * the same bytes, and both, like Argon2id, AES-GCM and HKDF there, give the published vectors.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import type { hchacha20 } from "../../src/crypto/hchacha20.js";
import type { deriveKey } from "../../src/crypto/kdf.js";
import type { KeyBytes } from "../../src/crypto/key-bytes.js";
import type { LibsodiumXChaCha } from "../../src/crypto/libsodium.js";
import type { NativeXChaCha } from "../../src/crypto/native-xchacha.js";
import type { hkdf } from "../../src/crypto/subkeys.js";
import type { openXChaCha } from "../../src/crypto/suites.js";
import type { partTag, withTagBehind } from "../../src/crypto/tag-room.js";

interface Primitives {
  readonly hchacha20: typeof hchacha20;
  readonly deriveKey: typeof deriveKey;
  readonly KeyBytes: typeof KeyBytes;
  readonly LibsodiumXChaCha: typeof LibsodiumXChaCha;
  readonly NativeXChaCha: typeof NativeXChaCha;
  readonly hkdf: typeof hkdf;
  readonly openXChaCha: typeof openXChaCha;
  readonly partTag: typeof partTag;
  readonly withTagBehind: typeof withTagBehind;
  readonly hex: (bytes: Uint8Array | ArrayBuffer) => string;
  readonly unhex: (text: string) => Uint8Array<ArrayBuffer>;
  readonly random: (bytes: number) => Uint8Array<ArrayBuffer>;
  readonly same: (one: Uint8Array, other: Uint8Array | undefined) => boolean;
}

declare global {
  // The page puts it here, see PAGE.
  var primitives: Primitives;
}

const MODULES = ["hchacha20", "kdf", "key-bytes", "libsodium", "native-xchacha", "subkeys"];
const PAGE = `<!doctype html><script type="module">
  const names = ${JSON.stringify([...MODULES, "suites", "tag-room"])};
  const modules = await Promise.all(names.map((name) => import("/src/crypto/" + name + ".ts")));
  const hex = (bytes) =>
    Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const unhex = (text) => new Uint8Array(text.match(/../g)?.map((pair) => parseInt(pair, 16)) ?? []);
  const random = (size) => {
    const bytes = new Uint8Array(size);
    // A call gives at most 64 KiB.
    for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
    return bytes;
  };
  const same = (one, other) => one.length === other?.length && one.every((byte, i) => byte === other[i]);
  globalThis.primitives = Object.assign({ hex, unhex, random, same }, ...modules);
</script>`;
const IMPLEMENTATIONS = ["NativeXChaCha", "LibsodiumXChaCha"] as const;
/** Around every boundary: of ChaCha20's blocks, Poly1305's, the slot sizes, the largest unit. */
const SIZES = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 4095, 4096]
  .concat([4097, 16_344, 16_383, 16_384, 16_385, 32_768, 65_535, 65_536, 65_537])
  .concat([1_048_575, 1_048_576]);

interface AeadVector {
  readonly source: string;
  readonly key: string;
  readonly aad: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly tag: string;
}
interface PrimitiveVectors {
  readonly hkdfSha256: readonly { ikm: string; salt: string; info: string; okm: string }[];
  readonly aes256gcm: readonly (AeadVector & { iv: string })[];
  readonly hchacha20: readonly { key: string; nonce: string; subkey: string }[];
  readonly xchacha20poly1305: readonly (AeadVector & { nonce: string })[];
}
interface KdfVector {
  readonly password: string;
  readonly normalized?: string;
  readonly salt: string;
  readonly memoryKiB: number;
  readonly passes: number;
  readonly key: string;
}
interface SealVector extends AeadVector {
  readonly suite: string;
  readonly nonce: string;
}

let profile: string;
let context: BrowserContext;
let page: Page;
/** Whether this browser's WebCrypto has ChaCha20-Poly1305. */
let isNative: boolean;

/** The vectors in test/vectors/`name`.json. */
async function readVectors(name: string): Promise<unknown> {
  const url = new URL(`../vectors/${name}.json`, import.meta.url);
  return JSON.parse(await readFile(url, "utf8"));
}

test.beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), "cofferfs-crypto-"));
  context = await chromium.launchPersistentContext(profile);
  await context.route("**/crypto.html", (route) =>
    route.fulfill({ contentType: "text/html", body: PAGE }),
  );
  page = await context.newPage();
  await page.goto(`${String(test.info().project.use.baseURL)}/crypto.html`);
  await page.waitForFunction(() => "primitives" in globalThis);
  isNative = await page.evaluate(
    async () => (await primitives.NativeXChaCha.detect(crypto.subtle)) !== undefined,
  );
});

test.afterAll(async () => {
  await context.close();
  await rm(profile, { recursive: true, force: true });
});

test("the native ChaCha20-Poly1305 and libsodium make the same bytes, and open each other's", async () => {
  test.skip(!isNative, "this browser has no native ChaCha20-Poly1305");
  const differing = await page.evaluate(async (sizes) => {
    const { KeyBytes, LibsodiumXChaCha, NativeXChaCha, random, same } = primitives;
    const [native, sodium] = [new NativeXChaCha(crypto.subtle), await LibsodiumXChaCha.load()];
    const told: string[] = [];
    for (const size of sizes)
      for (const aadBytes of [0, 1, 23, 64]) {
        const [key, nonce, aad] = [new KeyBytes(random(32)), random(24), random(aadBytes)];
        const text = random(size);
        const one = await native.seal(key, nonce, aad, text);
        const other = await sodium.seal(key, nonce, aad, text);
        const agreed = {
          ciphertext: same(one.ciphertext, other.ciphertext),
          tag: same(one.tag, other.tag),
          opened: same(text, await sodium.open(key, nonce, aad, one)),
          openedNatively: same(text, await native.open(key, nonce, aad, other)),
        };
        for (const [what, is] of Object.entries(agreed))
          if (!is) told.push(`${what} of ${size} bytes with ${aadBytes}`);
      }
    sodium.close();
    return told;
  }, SIZES);
  expect(differing).toEqual([]);
});

test("the native ChaCha20-Poly1305 and libsodium refuse the same forgeries", async () => {
  test.skip(!isNative, "this browser has no native ChaCha20-Poly1305");
  const opened = await page.evaluate(async () => {
    const { KeyBytes, LibsodiumXChaCha, NativeXChaCha, random } = primitives;
    const aeads = {
      native: new NativeXChaCha(crypto.subtle),
      sodium: await LibsodiumXChaCha.load(),
    };
    const raw = random(32);
    const [nonce, aad] = [random(24), random(23)];
    const { ciphertext, tag } = await aeads.native.seal(
      new KeyBytes(raw.slice()),
      nonce,
      aad,
      random(100),
    );
    const whole = { raw, nonce, aad, ciphertext, tag };
    const told: string[] = [];
    for (const [name, aead] of Object.entries(aeads))
      for (const [part, bytes] of Object.entries(whole))
        for (let at = 0; at < bytes.length; at++) {
          const forged = { ...whole, [part]: bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)) };
          const key = new KeyBytes(new Uint8Array(forged.raw));
          const text = await aead.open(key, forged.nonce, forged.aad, forged);
          if (text !== undefined) told.push(`${name}: ${part} byte ${at}`);
        }
    return told;
  });
  expect(opened).toEqual([]);
});

test("the native one is what cofferfs takes where the browser has it, else libsodium", async () => {
  const chosen = await page.evaluate(async () => {
    const { LibsodiumXChaCha, NativeXChaCha, openXChaCha } = primitives;
    const aead = await openXChaCha(crypto.subtle);
    if (aead instanceof NativeXChaCha) return "NativeXChaCha";
    return aead instanceof LibsodiumXChaCha ? "LibsodiumXChaCha" : "another";
  });
  expect(chosen).toBe(isNative ? "NativeXChaCha" : "LibsodiumXChaCha");
});

for (const implementation of IMPLEMENTATIONS)
  test(`XChaCha20-Poly1305 by ${implementation} gives the published bytes and those of our own seals`, async () => {
    test.skip(implementation === "NativeXChaCha" && !isNative, "this browser has no native one");
    const { xchacha20poly1305 } = (await readVectors("primitives")) as PrimitiveVectors;
    const { seals } = (await readVectors("seal")) as { seals: SealVector[] };
    const own = seals.filter(({ suite }) => suite === "xchacha20-poly1305");
    expect(xchacha20poly1305.length * own.length).toBeGreaterThan(0);
    const vectors = [...xchacha20poly1305, ...own];
    const made = await page.evaluate(
      async ({ implementation, vectors }) => {
        const { KeyBytes, LibsodiumXChaCha, NativeXChaCha, hex, unhex } = primitives;
        const aead =
          implementation === "NativeXChaCha"
            ? new NativeXChaCha(crypto.subtle)
            : await LibsodiumXChaCha.load();
        return Promise.all(
          vectors.map(async ({ key, nonce, aad, plaintext, ciphertext, tag }) => {
            const secret = new KeyBytes(unhex(key));
            const bound = [unhex(nonce), unhex(aad)] as const;
            const sealed = await aead.seal(secret, ...bound, unhex(plaintext));
            const stored = { ciphertext: unhex(ciphertext), tag: unhex(tag) };
            const opened = await aead.open(secret, ...bound, stored);
            return {
              ciphertext: hex(sealed.ciphertext),
              tag: hex(sealed.tag),
              plaintext: opened && hex(opened),
            };
          }),
        );
      },
      { implementation, vectors },
    );
    expect(made).toEqual(
      vectors.map(({ ciphertext, tag, plaintext }) => ({ ciphertext, tag, plaintext })),
    );
  });

test("HChaCha20, HKDF-SHA256 and AES-256-GCM give the published bytes", async () => {
  const vectors = (await readVectors("primitives")) as PrimitiveVectors;
  const made = await page.evaluate(async (given) => {
    const { subtle } = crypto;
    const { hex, unhex } = primitives;
    const subkeys = given.hchacha20.map(({ key, nonce }) =>
      hex(primitives.hchacha20(unhex(key), unhex(nonce)).bytes),
    );
    const derived = given.hkdfSha256.map(async ({ ikm, salt, info, okm }) => {
      const key = await subtle.importKey("raw", unhex(ikm), "HKDF", false, ["deriveBits"]);
      const params = primitives.hkdf(unhex(salt), unhex(info));
      return hex(await subtle.deriveBits(params, key, okm.length * 4));
    });
    const sealed = given.aes256gcm.map(async ({ key, iv, aad, plaintext }) => {
      const usages: KeyUsage[] = ["encrypt", "decrypt"];
      const aes = await subtle.importKey("raw", unhex(key), "AES-GCM", false, usages);
      const params = { name: "AES-GCM", iv: unhex(iv), additionalData: unhex(aad) };
      const { ciphertext, tag } = primitives.partTag(
        await subtle.encrypt(params, aes, unhex(plaintext)),
      );
      const opened = await primitives.withTagBehind(ciphertext, tag, (joined) =>
        subtle.decrypt(params, aes, joined),
      );
      return { ciphertext: hex(ciphertext), tag: hex(tag), plaintext: hex(opened) };
    });
    return { subkeys, derived: await Promise.all(derived), sealed: await Promise.all(sealed) };
  }, vectors);
  expect(made).toEqual({
    subkeys: vectors.hchacha20.map(({ subkey }) => subkey),
    derived: vectors.hkdfSha256.map(({ okm }) => okm),
    sealed: vectors.aes256gcm.map(({ ciphertext, tag, plaintext }) => ({
      ciphertext,
      tag,
      plaintext,
    })),
  });
});

test("Argon2id derives the published keys, and ours from passwords beyond ASCII", async () => {
  const vectors = (await readVectors("kdf")) as { published: KdfVector[]; own: KdfVector[] };
  const all = [...vectors.published, ...vectors.own];
  expect(vectors.published.length * vectors.own.length).toBeGreaterThan(0);
  const keys = await page.evaluate(async (given) => {
    const { deriveKey, hex, unhex } = primitives;
    const derived: string[] = [];
    for (const { password, salt, memoryKiB, passes } of given)
      derived.push(hex(await deriveKey(password, unhex(salt), { memoryKiB, passes })));
    return derived;
  }, all);
  expect(keys).toEqual(all.map(({ key }) => key));
});
