/** The changes of keys that the demo offers. Each returns what was done, in words, or undefined if nothing was. */
import type { KeyInfo } from "cofferfs";
import type { CredentialKind } from "../credentials/credential-field.js";
import { NewPassword } from "../credentials/new-password.js";
import { h } from "../shared/dom.js";
import { field } from "../shared/fields.js";
import type { Vault } from "../vault.js";
import { openKeyForm } from "./key-form.js";
import { keyNote, keyTitle } from "./key-words.js";
import { showRecoveryKey } from "./recovery-sheet.js";

/** What the vault has, of what a person can give. */
async function kindsOf({ repo }: Vault): Promise<readonly CredentialKind[]> {
  const present = new Set((await repo.keys.list()).map(({ type }) => type));
  return (["password", "recoveryKey", "passkey"] as const).filter((kind) => present.has(kind));
}

async function proof(vault: Vault): Promise<{ label: string; kinds: readonly CredentialKind[] }> {
  return { label: "Present password", kinds: await kindsOf(vault) };
}

export async function changePassword(vault: Vault): Promise<string | undefined> {
  const next = new NewPassword("New password", "new-password");
  return openKeyForm({
    title: "Change the password",
    testId: "change-form",
    vaultName: vault.address.name,
    words:
      "The files stay as they are. Copies of the vault that were exported before still open with the old password.",
    fields: next.elements,
    current: { label: "Present password", kinds: ["password"] },
    action: { label: "Change password" },
    prepare() {
      const password = next.read();
      if (password === undefined) return undefined;
      return async (current) => {
        if ("password" in current) await vault.repo.resetPassword(current.password, password);
        return "The password is changed";
      };
    },
    clear() {
      next.clear();
    },
  });
}

export async function addPassword(vault: Vault): Promise<string | undefined> {
  const added = new NewPassword("Further password", "new-password");
  return openKeyForm({
    title: "Add a password",
    testId: "password-form",
    vaultName: vault.address.name,
    words:
      "A further password opens the vault like the first, for somebody else, or in place of one that was forgotten.",
    fields: added.elements,
    current: await proof(vault),
    action: { label: "Add password" },
    prepare() {
      const password = added.read();
      if (password === undefined) return undefined;
      return async (current) => {
        await vault.repo.keys.addPassword(password, { current });
        return "A password is added";
      };
    },
    clear() {
      added.clear();
    },
  });
}

export async function addRecoveryKey(vault: Vault): Promise<string | undefined> {
  const made = await openKeyForm({
    title: "Add a recovery key",
    testId: "recovery-form",
    vaultName: vault.address.name,
    words:
      "A recovery key is a long random text for paper. It opens the vault if the password is lost; who finds the paper can do the same.",
    current: await proof(vault),
    action: { label: "Make the key" },
    prepare: () => (current) => vault.repo.keys.addRecoveryKey({ current }),
  });
  return made && showRecoveryKey(vault, made);
}

export async function addPasskey(vault: Vault): Promise<string | undefined> {
  const name = h("input", {
    class: "input",
    testId: "passkey-name",
    attributes: { type: "text", autocomplete: "off", value: vault.address.name, maxlength: 60 },
  });
  return openKeyForm({
    title: "Add a passkey",
    testId: "passkey-form",
    vaultName: vault.address.name,
    words:
      "A passkey stays on a device or security key and is used with a fingerprint, a face or a PIN. It is bound to this site.",
    fields: [field("Name that the device shows", name)],
    current: await proof(vault),
    action: { label: "Add passkey" },
    prepare: () => async (current, signal) => {
      await vault.repo.keys.addPasskey({ current, signal, name: name.value || vault.address.name });
      return "A passkey is added";
    },
  });
}

export async function removeKey(vault: Vault, key: KeyInfo): Promise<string | undefined> {
  const title = keyTitle(key);
  return openKeyForm({
    title: `Remove this ${title.toLowerCase()}?`,
    testId: "remove-form",
    vaultName: vault.address.name,
    words: `${title}, ${keyNote(key)}. It no longer opens the vault then. Copies of the vault that were exported before it still opens.`,
    current: await proof(vault),
    action: { label: "Remove it", danger: true },
    prepare: () => async (current, signal) => {
      await vault.repo.keys.remove(key.id, { current, signal });
      return `${title} removed`;
    },
  });
}
