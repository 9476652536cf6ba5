/** How a key is called and told from others of its kind, by what anybody may know of it. */
import type { KeyInfo } from "cofferfs";
import { formatBinary, formatPlural } from "../shared/format.js";
import type { IconName } from "../shared/icons.js";

export function keyTitle({ type }: KeyInfo): string {
  switch (type) {
    case "password":
      return "Password";
    case "recoveryKey":
      return "Recovery key";
    case "passkey":
      return "Passkey";
    case "rawKey":
      return "Key of a program";
  }
}

export function keyIcon({ type }: KeyInfo): IconName {
  switch (type) {
    case "password":
    case "rawKey":
      return "key";
    case "recoveryKey":
      return "paper";
    case "passkey":
      return "finger";
  }
}

export function keyNote({ id, type, kdf }: KeyInfo): string {
  const what =
    kdf === undefined
      ? WHAT[type]
      : `a guess costs ${formatBinary(kdf.memLimit)} and ${formatPlural(kdf.opsLimit, "pass", "passes")}`;
  return `${what} · ${id.slice(0, 8)}`;
}

const WHAT: Readonly<Record<KeyInfo["type"], string>> = {
  password: "something to remember",
  recoveryKey: "on paper, 256 random bits",
  passkey: "on a device or security key",
  rawKey: "256 random bits",
};
