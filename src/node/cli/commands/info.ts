import { FORMAT } from "../../../crypto/associated-data.js";
import { KEY_SLOT_TYPE } from "../../../crypto/key-slots.js";
import { readPublicHeader } from "../../../worker/container-header.js";
import { filePlace } from "../../place.js";
import type { Command, Invocation } from "../command.js";
import { EXIT } from "../exit-code.js";
import { readableSize } from "../terminal.js";

/** `cofferfs info`: what a container tells to anybody, and so without a password. */
export const info: Command = {
  name: "info",
  summary: "what a container tells without a password",
  operands: ["FILE"],
  options: { json: { type: "boolean" } },
  help: `Usage: cofferfs info [--json] FILE

Shows what everybody can see of a container: its identity, cipher, size, the cost of its key derivation, and
which kinds of credential open it. No password is needed, and nothing of this is authenticated.

Examples:
  cofferfs info vault.coffer
  cofferfs info --json vault.coffer | jq -r .containerId

Options:
  --json   as JSON, sizes in bytes`,

  async run(invocation) {
    const found = await publicInfo(invocation);
    if (invocation.flag("json")) {
      await invocation.printJson(found);
      return EXIT.ok;
    }
    const { kdf, keySlots } = found;
    const kinds = Object.entries(keySlots).map(([kind, count]) => `${count} ${kind}`);
    const derivations = kdf.map(
      ({ opsLimit, memLimit }) => `Argon2id, ${readableSize(memLimit)}, ${opsLimit} passes`,
    );
    const rows = [
      ["container", found.containerId],
      ["format", String(found.format)],
      ["cipher", found.cipher],
      ["slots", `${found.slots} of ${readableSize(found.slotBytes)}`],
      ["size", readableSize(found.bytes)],
      ["key slots", kinds.join(", ")],
      ["key derivation", derivations.join("; ") || "none"],
      [
        "header",
        `generation ${found.headerGeneration}, readable: ${found.headerCopies.join(", ")}`,
      ],
    ];
    for (const [name = "", value = ""] of rows)
      await invocation.print(`${`${name}:`.padEnd(16)}${value}`);
    return EXIT.ok;
  },
};

async function publicInfo({ container }: Invocation) {
  const { provider, name } = filePlace(container);
  const store = await provider.open(name, "read");
  try {
    const area = await store.readHeader();
    const { header, readable } = await readPublicHeader(area);
    store.setSlotBytes(header.slotBytes);
    return {
      containerId: Buffer.from(header.containerId).toString("hex"),
      format: FORMAT,
      cipher: header.cipher,
      slotBytes: header.slotBytes,
      slots: store.slotCount,
      bytes: area.length + store.slotCount * header.slotBytes,
      keySlots: countKeySlots(header.keySlots),
      kdf: header.kdf.flatMap((one) =>
        one === undefined
          ? []
          : [{ opsLimit: one.cost.passes, memLimit: one.cost.memoryKiB * 1024 }],
      ),
      headerGeneration: header.headerGeneration,
      headerCopies: readable.map((copy) => (copy === 0 ? "A" : "B")).sort(),
    };
  } finally {
    await store.close();
  }
}

const KINDS: Readonly<Record<number, string>> = {
  [KEY_SLOT_TYPE.password]: "password",
  [KEY_SLOT_TYPE.rawKey]: "raw key",
  [KEY_SLOT_TYPE.recoveryKey]: "recovery key",
  [KEY_SLOT_TYPE.passkey]: "passkey",
};

function countKeySlots(slots: readonly { readonly type: number }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { type } of slots) {
    const kind = KINDS[type];
    if (kind !== undefined) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
