/** What is decided once for a new vault. Every choice has a default that is good for most. */
import { h } from "../shared/dom.js";
import { field, select } from "../shared/fields.js";
import type { KdfPreset, NewVaultOptions } from "../vault.js";

const COST_LABELS: Readonly<Record<KdfPreset, string>> = {
  interactive: "Quick: 64 MiB of memory per guess",
  moderate: "Careful: 256 MiB per guess",
  sensitive: "Slow: 1 GiB per guess, takes seconds",
};
const DEFAULT_VERSIONS = 10;
const MAX_VERSIONS = 255;

export class NewVaultFields {
  readonly elements: readonly HTMLElement[];
  readonly #versions: HTMLInputElement;
  readonly #cost = select("vault-kdf", Object.entries(COST_LABELS));
  readonly #cipher = select("vault-cipher", [
    ["aes-256-gcm", "AES-256-GCM"],
    ["xchacha20-poly1305", "XChaCha20-Poly1305"],
  ]);

  constructor() {
    this.#versions = h("input", {
      class: "input",
      testId: "vault-versions",
      attributes: { type: "number", min: 1, max: MAX_VERSIONS, value: DEFAULT_VERSIONS },
    });
    this.elements = [
      field(
        "Versions to keep of each file",
        this.#versions,
        "Whenever a file is changed, what it was before can still be seen and restored, until this many newer ones have replaced it.",
      ),
      field("Cost of a guess at the password", this.#cost),
      field("Cipher", this.#cipher),
    ];
  }

  /** Why there can be no such vault; goes to where it is amended. */
  problem(): string | undefined {
    if (this.#versions.validity.valid && this.#versions.value !== "") return undefined;
    this.#versions.closest("details")?.setAttribute("open", "");
    this.#versions.focus();
    return `The number of versions is one from 1 to ${MAX_VERSIONS}.`;
  }

  read(): NewVaultOptions {
    const kdf = this.#cost.value;
    return {
      kdf: kdf === "moderate" || kdf === "sensitive" ? kdf : "interactive",
      cipher: this.#cipher.value === "xchacha20-poly1305" ? "xchacha20-poly1305" : "aes-256-gcm",
      versionLimit: this.#versions.valueAsNumber,
    };
  }

  setDisabled(disabled: boolean): void {
    for (const control of [this.#versions, this.#cost, this.#cipher]) control.disabled = disabled;
  }
}
