/** A repo's service that ends by itself when it is time to lock. */
import { RepoError } from "../errors.js";
import { AutoLock, type AutoLockClock, type AutoLockOptions } from "./auto-lock.js";
import type { RemoteRepo } from "./protocol.js";

/** Runs a call, or refuses to. */
export type CallGuard = (call: () => Promise<unknown>) => Promise<unknown>;

/**
 * `service` until it is time to lock. It is closed then, so that the keys are gone whether or not anybody listens, and every
 * call rejects with REPO_LOCKED; `onLocked` is called at once.
 */
export function lockingService(
  service: RemoteRepo,
  options: AutoLockOptions | undefined,
  onLocked: (reason: "idle" | "suspend") => void,
  clock?: AutoLockClock,
): RemoteRepo {
  if (options === undefined) return service;
  const lock = (reason: "idle" | "suspend"): void => {
    // What goes wrong there, the page learns from its own closing.
    service.close().catch(() => undefined);
    onLocked(reason);
  };
  const autoLock = new AutoLock(options, lock, clock);
  const guard: CallGuard = (call) => autoLock.use(call, () => new RepoError("REPO_LOCKED"));
  return new Proxy(service, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        // What comes through a channel of its own is guarded there, call by call.
        const parameters = name === "serveSync" ? [args[0], args[1], guard] : args;
        const call = (): Promise<unknown> =>
          Reflect.apply(method, target, parameters) as Promise<unknown>;
        if (name !== "close") return guard(call);
        autoLock.end();
        return call();
      };
    },
  });
}
