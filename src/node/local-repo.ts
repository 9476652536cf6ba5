/**
 * LocalRepo: an open repo in this process, in the place of the one that a page reaches by messages. It adds what
 * messages do by themselves: buffers that are given away are detached, and after `close` every call rejects.
 */
import type { KeyDerivation } from "../crypto/kdf.js";
import { RepoError } from "../errors.js";
import type { LockReason } from "../api/repo-event.js";
import { lockingService } from "../worker/locking-service.js";
import type { RemoteRepo, TreeMethod } from "../worker/protocol.js";
import { RepoService } from "../worker/repo-service.js";
import type { OpenFlags } from "../vfs/file-system.js";
import { threadDerivation } from "./derivation.js";

class LocalRepo extends RepoService {
  override writeFile(
    path: string,
    bytes: Uint8Array,
    flags: OpenFlags,
    mode?: number,
  ): Promise<void> {
    return super.writeFile(path, taken(bytes), flags, mode);
  }

  protected override derivation(_: unknown, abandoned: AbortSignal): KeyDerivation {
    return threadDerivation(abandoned);
  }

  override fdWrite(fd: number, bytes: Uint8Array, at?: number): Promise<number> {
    return super.fdWrite(fd, taken(bytes), at);
  }

  override fileWrite(id: number, bytes: Uint8Array): Promise<void> {
    return super.fileWrite(id, taken(bytes));
  }

  override fileWriteOnce(id: number, bytes: Uint8Array): Promise<void> {
    return super.fileWriteOnce(id, taken(bytes));
  }

  override inTree(id: number, method: TreeMethod, ...args: unknown[]): Promise<unknown> {
    const brought = args.map((arg) => (arg instanceof Uint8Array ? taken(arg) : arg));
    return super.inTree(id, method, ...brought);
  }
}

/** The repo as the facade (src/api/) wants it. */
export function localRepo(
  onLocked: (reason: LockReason) => void,
  ...parameters: ConstructorParameters<typeof RepoService>
): RemoteRepo {
  const [{ autoLock }] = parameters;
  const repo = lockingService(new LocalRepo(...parameters), autoLock, onLocked);
  let closed = false;
  return new Proxy<RemoteRepo>(repo, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return async (...args: unknown[]): Promise<unknown> => {
        if (closed) throw new RepoError("REPO_CLOSED");
        if (name === "close") closed = true;
        return Reflect.apply(method, target, args) as unknown;
      };
    },
  });
}

/** What a message would bring: the same bytes in a buffer that nobody else has. */
function taken(bytes: Uint8Array): Uint8Array {
  try {
    return structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
  } catch (error) {
    // Node's pool of small buffers cannot be given away.
    if (error instanceof DOMException && error.name === "DataCloneError") return bytes.slice();
    throw error;
  }
}
