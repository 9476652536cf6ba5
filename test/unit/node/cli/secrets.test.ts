/** Where passwords come from, and what of them is ever to be seen. */
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Credentials } from "../../../../src/node/cli/credentials.js";
import { LineReader } from "../../../../src/node/cli/prompt.js";
import { testTerminal, type TestTerminal } from "./test-terminal.js";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cofferfs-secrets-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** What a terminal's user types, after each question. */
function typing(...answers: string[]): TestTerminal {
  const terminal = testTerminal({ isTTY: true });
  terminal.stderr.on("data", (shown: Buffer) => {
    if (!shown.toString().endsWith(": ")) return;
    const answer = answers.shift();
    if (answer !== undefined) terminal.stdin.write(answer);
  });
  return terminal;
}

describe("at a terminal", () => {
  it.each([
    ["secret\r", "secret"],
    ["secret\n", "secret"],
    ["secxx\x7f\x7fret\r", "secret"],
    ["wrong\x15secret\r", "secret"],
    ["pä\x7fä\u{1f512}x\x7f\x7f\u{1f512}\r", "pä\u{1f512}"],
    [" two words \r", " two words "],
  ])("%j is the password %j", async (typed, password) => {
    const terminal = typing(typed);
    expect(await new Credentials(terminal).current({})).toEqual({ password });
  });

  it("is asked for without echo, and the echo comes back", async () => {
    const terminal = typing("secret\r");
    await new Credentials(terminal).current({});
    expect(terminal.rawModes).toEqual([true, false]);
    expect(terminal.shown()).toBe("Password: \n");
  });

  it.each(["sec\x03", "sec\x04"])("%j gives up, and the echo comes back", async (typed) => {
    const terminal = typing(typed);
    const attempt = new Credentials(terminal).current({});
    await expect(attempt).rejects.toMatchObject({ name: "AbortError" });
    expect(terminal.rawModes).toEqual([true, false]);
  });

  it("a new password is asked for twice, and has to be the same", async () => {
    const same = typing("next\r", "next\r");
    expect(await new Credentials(same).newPassword({})).toEqual("next");
    const other = new Credentials(typing("next\r", "nexd\r")).newPassword({});
    await expect(other).rejects.toMatchObject({ name: "UsageError" });
  });
});

describe("from elsewhere", () => {
  it("stdin gives the first line, and a new password the next", async () => {
    const terminal = testTerminal({ stdin: "current\r\nnext\nrest" });
    const credentials = new Credentials(terminal);
    expect(await credentials.current({})).toEqual({ password: "current" });
    expect(await credentials.newPassword({})).toEqual("next");
    expect(terminal.shown()).toBe("");
  });

  it("a file, a descriptor or a named variable gives it", async () => {
    const file = join(folder, "secret");
    writeFileSync(file, "from a file\nsecond line\n");
    const terminal = testTerminal({ env: { VAULT: "from a variable" } });
    const credentials = new Credentials(terminal);
    // Not closed: what reads ahead from it would read from the next one of that number.
    const fd = openSync(file, "r");
    const found = [
      await credentials.current({ "password-file": file }),
      await credentials.current({ "password-fd": String(fd) }),
      await credentials.current({ "password-env": "VAULT" }),
      { password: await credentials.newPassword({ "new-password-env": "VAULT" }) },
    ];
    const passwords = ["from a file", "from a file", "from a variable", "from a variable"];
    expect(found).toEqual(passwords.map((password) => ({ password })));
  });

  it("a recovery key is asked for, or comes from where a password may come from", async () => {
    const typed = typing("QKEY\r");
    expect(await new Credentials(typed).current({ "recovery-key": true })).toEqual({
      recoveryKey: "QKEY",
    });
    expect(typed.shown()).toBe("Recovery key: \n");
    const file = join(folder, "secret");
    writeFileSync(file, "QKEY\n");
    const fd = openSync(file, "r");
    const credentials = new Credentials(
      testTerminal({ stdin: "QKEY\nnext\n", env: { PAPER: "QKEY" } }),
    );
    for (const options of [
      { "recovery-key": true },
      { "recovery-key-file": file },
      { "recovery-key-fd": String(fd) },
      { "recovery-key-env": "PAPER" },
    ])
      expect(await credentials.current(options)).toEqual({ recoveryKey: "QKEY" });
    expect(await credentials.newPassword({})).toBe("next");
  });

  it("a key file gives 32 bytes", async () => {
    const file = join(folder, "key");
    writeFileSync(file, new Uint8Array(32).fill(5));
    const key = await new Credentials(testTerminal({})).current({ "key-file": file });
    expect(key).toEqual({ rawKey: Buffer.alloc(32, 5) });
  });

  it.each<[string, string, Record<string, string | true>]>([
    ["no password at all", "", {}],
    ["an empty line", "\n", {}],
    ["a line without end", "x".repeat(10_000), {}],
    ["a missing file", "", { "password-file": "/none/such" }],
    ["what is no descriptor", "", { "password-fd": "three" }],
    ["a closed descriptor", "", { "password-fd": "987" }],
    ["a variable that is not set", "", { "password-env": "NONE" }],
    ["two sources", "", { "password-env": "A", "password-file": "b" }],
    ["a key and a password", "", { "key-file": "a", "password-file": "b" }],
    ["a recovery key and a password", "", { "recovery-key-env": "A", "password-env": "B" }],
    ["an empty recovery key", "\n", { "recovery-key": true }],
    ["a key that is too short", "", { "key-file": "/dev/null" }],
  ])("%s is a mistake in usage", async (_, stdin, options) => {
    const attempt = new Credentials(testTerminal({ stdin, env: { A: "a", B: "b" } })).current(
      options,
    );
    await expect(attempt).rejects.toMatchObject({ name: "UsageError" });
  });

  it("what is no UTF-8 is refused and not shown", async () => {
    const file = join(folder, "secret");
    writeFileSync(file, Buffer.from([0x73, 0xff, 0x74, 0x0a]));
    const attempt = new Credentials(testTerminal({})).current({ "password-file": file });
    await expect(attempt).rejects.toMatchObject({ message: "the password is not UTF-8" });
  });

  it("lines are read however the stream is cut", async () => {
    const stream = new PassThrough();
    const lines = new LineReader(stream);
    for (const piece of ["o", "ne\ntw", "o\r\n\nthree"]) stream.write(piece);
    stream.end();
    const read = async (): Promise<string> => (await lines.next("line")).toString();
    expect([await read(), await read(), await read(), await read()]).toEqual([
      "one",
      "two",
      "",
      "three",
    ]);
    await expect(lines.next("line")).rejects.toMatchObject({ name: "UsageError" });
  });
});
