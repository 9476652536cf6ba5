/** Everything that can be written into a writable, alone and one after the other. */
import type { RootWritable } from "../../../src/index.js";
import { Prng } from "../../simulated-disk/prng.js";
import { bare, outcome, textOf, wrong, type Case } from "./case.js";

const BYTES = new Uint8Array([65, 66, 67, 68]);

function detached(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

/** What `write` is given, by what it shows. */
const CHUNKS: Readonly<Record<string, () => unknown>> = {
  text: () => "abc",
  "text of many bytes": () => "ä€😀",
  "half a character": () => "a\ud800b",
  nothing: () => "",
  bytes: () => BYTES,
  "a part of bytes": () => BYTES.subarray(1, 3),
  "a buffer": () => BYTES.buffer,
  "a DataView": () => new DataView(BYTES.buffer, 2),
  "wide numbers": () => new Uint16Array([0x4241, 0x4443]),
  "a detached view": detached,
  "a detached buffer": () => detached().buffer,
  "a Blob": () => new Blob(["bl", "ob"]),
  "a File": () => new File(["file"], "name"),
  "an empty Blob": () => new Blob([]),
  null: () => null,
  undefined: () => undefined,
  "a number": () => 5,
  "a bigint": () => 5n,
  true: () => true,
  "an object": () => ({}),
  "an array": () => [1, 2],
  "a Date": () => new Date(0),
  "a String": () => new String("so"),
  "a function": () => () => undefined,
  "no such type": () => ({ type: "append" }),
  "write without data": () => ({ type: "write" }),
  "write of null": () => ({ type: "write", data: null }),
  "write of a number": () => ({ type: "write", data: 5 }),
  "write of an object": () => ({ type: "write", data: {} }),
  "write of bytes": () => ({ type: "write", data: BYTES }),
  "write of a Blob": () => ({ type: "write", data: new Blob(["b"]) }),
  "write at 4": () => ({ type: "write", position: 4, data: "ab" }),
  "write at 15": () => ({ type: "write", position: 15, data: "ab" }),
  "write at null": () => ({ type: "write", position: null, data: "ab" }),
  "write at 1.5": () => ({ type: "write", position: 1.5, data: "ab" }),
  "write at text": () => ({ type: "write", position: "3", data: "ab" }),
  "write at NaN": () => ({ type: "write", position: NaN, data: "ab" }),
  "write at -1": () => ({ type: "write", position: -1, data: "ab" }),
  "write at 2^53": () => ({ type: "write", position: 2 ** 53, data: "ab" }),
  "write of nothing at 20": () => ({ type: "write", position: 20, data: "" }),
  "write with a size": () => ({ type: "write", size: 3, data: "abcdef" }),
  "seek to 4": () => ({ type: "seek", position: 4 }),
  "seek to 20": () => ({ type: "seek", position: 20 }),
  "seek to 2^53": () => ({ type: "seek", position: 2 ** 53 }),
  "seek to null": () => ({ type: "seek", position: null }),
  "seek to nowhere": () => ({ type: "seek" }),
  "truncate to 4": () => ({ type: "truncate", size: 4 }),
  "truncate to 20": () => ({ type: "truncate", size: 20 }),
  "truncate to 0": () => ({ type: "truncate", size: 0 }),
  "truncate to 2^53": () => ({ type: "truncate", size: 2 ** 53 }),
  "truncate to -1": () => ({ type: "truncate", size: -1 }),
  "truncate to null": () => ({ type: "truncate", size: null }),
  "truncate to nothing": () => ({ type: "truncate" }),
};

const CALLS: Readonly<Record<string, (writable: RootWritable) => unknown>> = {
  "seek 3": (writable) => writable.seek(3),
  "seek text": (writable) => writable.seek(wrong("3")),
  "seek NaN": (writable) => writable.seek(NaN),
  "seek Infinity": (writable) => writable.seek(Infinity),
  "seek nothing": (writable) => bare(writable, "seek"),
  "truncate 3": (writable) => writable.truncate(3),
  "truncate 1.5": (writable) => writable.truncate(1.5),
  "truncate nothing": (writable) => bare(writable, "truncate"),
  abort: (writable) => writable.abort("why"),
  close: (writable) => writable.close(),
  "abort, write": async (writable) => {
    await writable.abort("why");
    await writable.write("x");
  },
  "close, write": async (writable) => {
    await writable.close();
    await writable.write("x");
  },
  "write, abort": async (writable) => {
    await writable.write("x");
    await writable.abort();
  },
  "write while somebody has a writer": async (writable) => {
    const writer = writable.getWriter();
    try {
      await writable.write("x");
    } finally {
      writer.releaseLock();
    }
  },
  "close while somebody has a writer": async (writable) => {
    const writer = writable.getWriter();
    try {
      await writable.close();
    } finally {
      writer.releaseLock();
    }
  },
  "junk through a writer": async (writable) => {
    const writer = writable.getWriter();
    try {
      await writer.write(wrong({}));
    } finally {
      writer.releaseLock();
    }
  },
  "a seek that fails, and a write": async (writable) => {
    await outcome(() => writable.write(wrong({ type: "seek" })));
    await writable.write("x");
  },
  "many writes at once": async (writable) => {
    await Promise.all(Array.from("abcdefgh", (letter) => writable.write(letter)));
  },
  "a stream that is piped": (writable) => new Blob(["piped in"]).stream().pipeTo(writable),
  "a stream that is piped, and more": async (writable) => {
    await new Blob(["piped"]).stream().pipeTo(writable, { preventClose: true });
    await writable.write("+");
  },
  "a stream that fails": (writable) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue("some");
      },
      pull(controller) {
        controller.error(new RangeError("no more"));
      },
    }).pipeTo(writable),
  "what it is": (writable) => [writable instanceof WritableStream, writable.locked, writable.mode],
};

function writing(
  name: string,
  keepExistingData: boolean,
  act: (writable: RootWritable) => unknown,
): Case {
  return {
    name: `${name}${keepExistingData ? ", kept" : ""}`,
    run: async ({ f }) => {
      const writable = await f.createWritable({ keepExistingData });
      const first = await outcome(() => act(writable));
      const seen = await textOf(f);
      const last = await outcome(() => writable.write("."));
      const closed = await outcome(() => writable.close());
      return [first, seen, last, closed, await textOf(f)];
    },
  };
}

const singleCases = [false, true].flatMap((keep) => [
  ...Object.entries(CHUNKS).map(([name, chunk]) =>
    writing(`write ${name}`, keep, (writable) => writable.write(wrong(chunk()))),
  ),
  ...Object.entries(CALLS).map(([name, act]) => writing(name, keep, act)),
]);

const SEQUENCES = 60;
const LONGEST = 12;

/** Commands that all succeed, one after the other, and what they make. */
const sequenceCases = Array.from({ length: SEQUENCES }, (_, i): Case => {
  const prng = new Prng(1000 + i);
  const commands = Array.from({ length: 2 + prng.below(LONGEST) }, () => randomCommand(prng));
  return writing(`sequence ${i}`, i % 2 === 0, async (writable) => {
    for (const command of commands) await writable.write(wrong(command()));
  });
});

function randomCommand(prng: Prng): () => unknown {
  const place = prng.below(40);
  const text = "abcdefghijklmnop".slice(prng.below(8), 8 + prng.below(8));
  const kinds: readonly (() => unknown)[] = [
    () => text,
    () => new TextEncoder().encode(text),
    () => new Blob([text]),
    () => ({ type: "write", data: text }),
    () => ({ type: "write", position: place, data: text }),
    () => ({ type: "seek", position: place }),
    () => ({ type: "truncate", size: place }),
  ];
  return kinds[prng.below(kinds.length)] ?? (() => text);
}

export const writeCases = [...singleCases, ...sequenceCases];
