/**
 * WebAuthn: passkeys whose authenticator computes a secret from a salt (the prf extension, W3C Web Authentication
 * level 3 §10.1.4). User verification is always asked for, because authenticators compute another secret without it.
 * Not imported lazily: what a bundler adds for one dynamic import is larger than this file (measured with Vite 8: 10.9 against 12.1 kB).
 */
import { RepoError } from "../errors.js";
import type { KeyInfo, PasskeyOutput } from "../worker/protocol.js";

type Passkey = Pick<PasskeyOutput, "credentialId" | "prfSalt">;

export interface NewPasskey {
  /** What the authenticator shows. */
  readonly name: string;
  /** Keys of the repo; an authenticator that has one of them makes no other. */
  readonly keys: readonly KeyInfo[];
  readonly signal: AbortSignal | undefined;
}

const RANDOM_BYTES = 32;
/** Ed25519, ES256, RS256: what authenticators have. Nothing is ever signed for us. */
const ALGORITHMS = [-8, -7, -257];

/**
 * The output of a passkey of the repo that the user chooses, or of the one with the given id.
 * @throws UNLOCK_FAILED if the repo has none; PASSKEY_CANCELLED, PASSKEY_UNSUPPORTED; the reason of `signal`
 */
export async function usePasskey(
  keys: () => Promise<readonly KeyInfo[]>,
  which: true | string,
  signal: AbortSignal | undefined,
): Promise<PasskeyOutput> {
  const container = credentialsContainer();
  const passkeys = (await keys())
    .filter(({ id }) => which === true || id === which)
    .flatMap(({ passkey }) => passkey ?? []);
  if (passkeys.length === 0)
    throw new RepoError("UNLOCK_FAILED", { message: "the repo has no such passkey" });
  return evaluate(container, passkeys, signal);
}

/**
 * Makes a passkey, in one step or, where the authenticator tells its secret only on use, in two.
 * @throws EEXIST if the authenticator has one of the repo's already; PASSKEY_CANCELLED; PASSKEY_UNSUPPORTED also
 * for an authenticator without prf, which then keeps a passkey that opens nothing; the reason of `signal`
 */
export async function createPasskey({ name, keys, signal }: NewPasskey): Promise<PasskeyOutput> {
  const container = credentialsContainer();
  const prfSalt = random();
  const known = keys.flatMap(({ passkey }) => passkey ?? []);
  const made = await answer(
    container.create({
      publicKey: {
        rp: { name: location.hostname },
        // Random, for an authenticator replaces the passkey of a user whom it knows already.
        user: { id: random(), name, displayName: name },
        challenge: random(),
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: known.map(descriptor),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        extensions: { prf: { eval: { first: prfSalt } } },
      },
      ...(signal && { signal }),
    }),
    signal,
  );
  const { prf } = made.getClientExtensionResults();
  if (prf?.enabled !== true) throw unsupported();
  const passkey = { credentialId: new Uint8Array(made.rawId), prfSalt };
  const first = prf.results?.first;
  return first ? { ...passkey, output: bytesOf(first) } : evaluate(container, [passkey], signal);
}

async function evaluate(
  container: CredentialsContainer,
  passkeys: readonly Passkey[],
  signal: AbortSignal | undefined,
): Promise<PasskeyOutput> {
  const evalByCredential = Object.fromEntries(
    passkeys.map(({ credentialId, prfSalt }) => [
      base64Url(credentialId),
      { first: new Uint8Array(prfSalt) },
    ]),
  );
  const used = await answer(
    container.get({
      publicKey: {
        challenge: random(),
        allowCredentials: passkeys.map(descriptor),
        userVerification: "required",
        extensions: { prf: { evalByCredential } },
      },
      ...(signal && { signal }),
    }),
    signal,
  );
  const first = used.getClientExtensionResults().prf?.results?.first;
  const passkey = passkeys.find(({ credentialId }) => base64Url(credentialId) === used.id);
  if (first === undefined || passkey === undefined) throw unsupported();
  return { ...passkey, output: bytesOf(first) };
}

function credentialsContainer(): CredentialsContainer {
  if (typeof PublicKeyCredential === "undefined") throw unsupported();
  return navigator.credentials;
}

async function answer(
  prompt: Promise<Credential | null>,
  signal: AbortSignal | undefined,
): Promise<PublicKeyCredential> {
  try {
    const credential = await prompt;
    if (credential instanceof PublicKeyCredential) return credential;
  } catch (cause) {
    signal?.throwIfAborted();
    const name = cause instanceof DOMException ? cause.name : "";
    if (name === "InvalidStateError") throw new RepoError("EEXIST", { cause });
    // Refused, timed out, not verified, or none of them is here: browsers do not tell which, on purpose.
    if (name === "NotAllowedError") throw new RepoError("PASSKEY_CANCELLED", { cause });
    throw unsupported(cause);
  }
  throw new RepoError("PASSKEY_CANCELLED");
}

function unsupported(cause?: unknown): RepoError {
  return new RepoError("PASSKEY_UNSUPPORTED", { cause });
}

function descriptor({ credentialId }: Passkey): PublicKeyCredentialDescriptor {
  return { type: "public-key", id: new Uint8Array(credentialId) };
}

function random(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(RANDOM_BYTES));
}

/** A copy; what the browser holds on to is its own. */
function bytesOf(source: BufferSource): Uint8Array {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source).slice()
    : new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
}
