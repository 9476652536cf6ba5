import type { KdfChoice } from "../../../crypto/kdf.js";
import type { Command } from "../command.js";
import { CREDENTIAL_HELP, CREDENTIAL_OPTIONS, NEW_PASSWORD_OPTIONS } from "../credentials.js";
import { EXIT, UsageError } from "../exit-code.js";

const COSTS = ["interactive", "moderate", "sensitive"] as const satisfies KdfChoice[];

/** `cofferfs passwd`: another password in the place of the one that is given. */
export const passwd: Command = {
  name: "passwd",
  summary: "change a password",
  operands: ["FILE"],
  options: { ...CREDENTIAL_OPTIONS, ...NEW_PASSWORD_OPTIONS, kdf: { type: "string" } },
  help: `Usage: cofferfs passwd [--kdf COST] FILE

Puts a new password in the place of the one that is given, or of the key. Only the header is written anew; the data stays
byte for byte as it is, and other passwords and keys go on opening it. A crash leaves the old or the new password working.
Older copies of the container still open with the old one.

Examples:
  cofferfs passwd vault.coffer
  cofferfs passwd --kdf sensitive vault.coffer
  cofferfs passwd --password-file old.txt --new-password-file new.txt vault.coffer
  printf '%s\\n%s\\n' "$OLD" "$NEW" | cofferfs passwd vault.coffer

Options:
  --kdf COST                interactive (64 MiB), moderate (256 MiB) or sensitive (1 GiB); default: as before
  --new-password-file FILE, --new-password-fd N, --new-password-env NAME
                            where the new password comes from; from stdin it is the line after the current one

${CREDENTIAL_HELP}`,

  async run(invocation) {
    const choice = invocation.text("kdf");
    const kdf = COSTS.find((cost) => cost === choice);
    if (choice !== undefined && kdf === undefined)
      throw new UsageError(`--kdf is one of ${COSTS.join(", ")}`);
    const current = await invocation.credential();
    const credentials = [{ password: await invocation.newPassword() }];
    const opening = { readOnly: false, credential: current };
    await invocation.withRepo(opening, ({ keys }) =>
      keys.change({ type: "replace", credentials, kdf }, { current }),
    );
    invocation.note("The password was changed.");
    return EXIT.ok;
  },
};
