/** The functions with the number of an open file, each over a method of its FileHandle. */
import { assertDescriptor, type Descriptors } from "./descriptors.js";
import { asked, tell, type AnyCallback } from "./callback.js";
import type { ToBytes } from "./bytes.js";
import { PROMISIFIED, type Call } from "./path-calls.js";
import { resolved } from "./promises-fs.js";

/** Functions of one result or none: the method, and how many arguments there are, the callback included. */
const PLAIN = {
  fchmod: ["chmod", 3],
  fchown: ["chown", 4],
  fdatasync: ["datasync", 2],
  fstat: ["stat", 3],
  fsync: ["sync", 2],
  ftruncate: ["truncate", 3],
  futimes: ["utimes", 4],
} as const;

/** Functions that tell a count and the buffers as well, by their names. */
const COUNTED = {
  read: ["bytesRead", "buffer", 6],
  readv: ["bytesRead", "buffers", 4],
  write: ["bytesWritten", "buffer", 6],
  writev: ["bytesWritten", "buffers", 4],
} as const;

const READ_BYTES = 16 * 1024;

export function descriptorCalls(
  descriptors: Descriptors,
  toBytes: ToBytes,
): Readonly<Record<string, Call>> {
  /** Also a number that stands for nothing is told of and not thrown. */
  const onHandle = async (
    fd: number,
    call: string,
    method: string,
    args: readonly unknown[],
  ): Promise<unknown> => resolved(descriptors.get(fd, call), method, args);

  const plain =
    (call: string, method: string, count: number): Call =>
    (...args) => {
      const [fd, ...rest] = args;
      assertDescriptor(fd);
      const { given, callback } = asked(rest, count - 1);
      const work = onHandle(fd, call, method, given);
      tell(
        callback,
        work.then((result) => (result === undefined ? [] : [result])),
      );
    };

  const counted = (call: keyof typeof COUNTED): Call => {
    const [countName, bufferName, count] = COUNTED[call];
    const syscall = call.replace("v", "");
    const begin = (args: readonly unknown[]): Counted => {
      const [fd, ...rest] = args;
      assertDescriptor(fd);
      const given = call === "read" ? withBuffer(rest, toBytes) : rest;
      const work = onHandle(fd, syscall, call, given).then((result) => countOf(result, countName));
      return { work, buffer: call === "read" ? bufferOf(given[0]) : given[0] };
    };
    const told: Call = (...args) => {
      const { given, callback } = asked(args, count);
      const { work, buffer } = begin(given);
      tell(
        callback,
        work.then((bytes) => [bytes, buffer]),
        [0, buffer],
      );
    };
    const promisified = async (...args: readonly unknown[]): Promise<object> => {
      const { work, buffer } = begin(args);
      return { [countName]: await work, [bufferName]: buffer };
    };
    return Object.assign(told, { [PROMISIFIED]: promisified });
  };

  const close: Call = (fd, callback = throwing) => {
    assertDescriptor(fd);
    const { callback: checked } = asked([callback], 1);
    const closed = async (): Promise<readonly unknown[]> => {
      await resolved(descriptors.take(fd), "close", []);
      return [];
    };
    tell(checked, closed());
  };

  return {
    close,
    ...Object.fromEntries(
      Object.entries(PLAIN).map(([call, [method, count]]) => [call, plain(call, method, count)]),
    ),
    read: counted("read"),
    readv: counted("readv"),
    write: counted("write"),
    writev: counted("writev"),
  };
}

interface Counted {
  readonly work: Promise<unknown>;
  readonly buffer: unknown;
}

/** Who closes without a callback wants to hear of a failure all the same. */
const throwing: AnyCallback = (error) => {
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- it is what the file system said
  if (error !== null) throw error;
};

/** Where none is given there is one of the caller's class. */
function withBuffer(given: readonly unknown[], toBytes: ToBytes): readonly unknown[] {
  const [first, ...rest] = given;
  if (ArrayBuffer.isView(first)) return given;
  const fresh = (): Uint8Array => toBytes(new Uint8Array(READ_BYTES));
  if (first === undefined || first === null) return [{ buffer: fresh() }, ...rest];
  // What is no object with options is the handle's to refuse.
  if (typeof first !== "object" || Array.isArray(first)) return given;
  if (Reflect.get(first, "buffer") !== undefined) return given;
  return [{ ...first, buffer: fresh() }, ...rest];
}

function bufferOf(first: unknown): unknown {
  if (ArrayBuffer.isView(first) || typeof first !== "object" || first === null) return first;
  return Reflect.get(first, "buffer");
}

function countOf(result: unknown, name: string): unknown {
  return typeof result === "object" && result !== null ? Reflect.get(result, name) : result;
}
