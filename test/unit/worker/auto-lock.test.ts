/** AutoLock and the service that it ends, by a clock that the test moves. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { AutoLock, type AutoLockOptions } from "../../../src/worker/auto-lock.js";
import { lockingService } from "../../../src/worker/locking-service.js";
import type { RemoteRepo } from "../../../src/worker/protocol.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Time as a machine has it: asleep, only the wall clock goes on, and timers wait. */
class Machine {
  nowMs = 1000;
  wallMs = 1_700_000_000_000;
  #timer: { at: number; fire: () => void } | undefined;

  readonly clock = {
    now: () => this.nowMs,
    wall: () => this.wallMs,
    setTimer: (delayMs: number, fire: () => void) => {
      const timer = { at: this.nowMs + delayMs, fire };
      this.#timer = timer;
      return () => {
        if (this.#timer === timer) this.#timer = undefined;
      };
    },
  };

  get isTicking(): boolean {
    return this.#timer !== undefined;
  }

  /** Lives through so much time. */
  pass(ms: number): void {
    const end = this.nowMs + ms;
    while (this.#timer !== undefined && this.#timer.at <= end) {
      const { at, fire } = this.#timer;
      this.#goTo(Math.max(at, this.nowMs));
      this.#timer = undefined;
      fire();
    }
    this.#goTo(end);
  }

  /** Time goes by without a tick: the page is frozen. */
  freeze(ms: number): void {
    this.#goTo(this.nowMs + ms);
  }

  /** Only the wall clock goes on. */
  sleep(ms: number): void {
    this.wallMs += ms;
  }

  #goTo(nowMs: number): void {
    this.wallMs += nowMs - this.nowMs;
    this.nowMs = nowMs;
  }
}

let machine: Machine;
let locked: string[];

beforeEach(() => {
  machine = new Machine();
  locked = [];
});

function autoLock(options: AutoLockOptions): AutoLock {
  return new AutoLock(options, (reason) => locked.push(reason), machine.clock);
}

function refused(): Error {
  return new Error("refused");
}

describe("AutoLock", () => {
  it("locks once after the idle time, not before", () => {
    autoLock({ idleMs: 5 * MINUTE });
    machine.pass(5 * MINUTE - 1);
    expect(locked).toEqual([]);
    machine.pass(1);
    expect(locked).toEqual(["idle"]);
    machine.pass(HOUR);
    expect(locked).toEqual(["idle"]);
    expect(machine.isTicking).toBe(false);
  });

  it("begins anew with each call, when it ends", async () => {
    const lock = autoLock({ idleMs: MINUTE });
    machine.pass(50_000);
    let finish: () => void = () => undefined;
    const call = lock.use(() => new Promise<void>((resolve) => (finish = resolve)), refused);
    machine.pass(HOUR);
    expect(locked).toEqual([]);
    finish();
    await call;
    machine.pass(MINUTE - 1);
    expect(locked).toEqual([]);
    machine.pass(1);
    expect(locked).toEqual(["idle"]);
  });

  it("counts a call that fails, and passes its failure on", async () => {
    const lock = autoLock({ idleMs: MINUTE });
    machine.pass(MINUTE - 1);
    const failure = new Error("its own");
    await expect(lock.use(() => Promise.reject(failure), refused)).rejects.toBe(failure);
    machine.pass(MINUTE - 1);
    expect(locked).toEqual([]);
  });

  it("never locks for idleness without an idle time", () => {
    autoLock({});
    machine.pass(100 * HOUR);
    expect(locked).toEqual([]);
  });

  it("47: is not deceived by a clock that is set back, by ten years or to 0", () => {
    autoLock({ idleMs: 5 * MINUTE });
    machine.wallMs -= 10 * 365 * 24 * HOUR;
    machine.pass(2 * MINUTE);
    machine.wallMs = 0;
    machine.pass(3 * MINUTE - 1);
    expect(locked).toEqual([]);
    machine.pass(1);
    expect(locked).toEqual(["idle"]);
  });

  it("locks on the first tick after the machine has slept, though its own clock stood still", () => {
    autoLock({ idleMs: 24 * HOUR });
    machine.pass(7000);
    machine.sleep(HOUR);
    expect(locked).toEqual([]);
    machine.pass(15_000);
    expect(locked).toEqual(["suspend"]);
  });

  it("locks on the first tick after it was frozen, where its clock went on", () => {
    autoLock({ idleMs: 24 * HOUR });
    machine.freeze(10 * MINUTE);
    machine.pass(1);
    expect(locked).toEqual(["suspend"]);
  });

  it("refuses a call that comes before that tick", async () => {
    const lock = autoLock({ idleMs: 24 * HOUR });
    machine.sleep(HOUR);
    let called = false;
    const call = lock.use(async () => (called = true), refused);
    await expect(call).rejects.toThrow("refused");
    expect([locked, called]).toEqual([["suspend"], false]);
  });

  it("refuses a call after the idle time whose timer is late", async () => {
    const lock = autoLock({ idleMs: MINUTE });
    machine.freeze(MINUTE);
    await expect(lock.use(async () => 1, refused)).rejects.toThrow("refused");
    expect(locked).toEqual(["idle"]);
  });

  it("does not take the slow timers of a hidden page for sleep", () => {
    autoLock({ idleMs: HOUR });
    for (let i = 0; i < 30; i++) {
      machine.freeze(MINUTE);
      machine.pass(0);
    }
    expect(locked).toEqual([]);
  });

  it("does not lock after sleep if it is not to", () => {
    autoLock({ idleMs: 24 * HOUR, afterSuspend: false });
    machine.sleep(HOUR);
    machine.freeze(HOUR);
    machine.pass(MINUTE);
    expect(locked).toEqual([]);
  });

  it("does nothing after its end", () => {
    const lock = autoLock({ idleMs: MINUTE });
    lock.end();
    machine.pass(HOUR);
    expect([locked, machine.isTicking]).toEqual([[], false]);
  });
});

describe("the platform's clock", () => {
  it("47: measures idleness also while the machine's clock stands still", async () => {
    const wall = vi.spyOn(Date, "now").mockReturnValue(0);
    const lock = new AutoLock({ idleMs: 5 }, (reason) => locked.push(reason));
    await new Promise<void>((resolve) => {
      const poll = setInterval(() => {
        if (locked.length === 0) return;
        clearInterval(poll);
        resolve();
      }, 5);
    });
    wall.mockRestore();
    lock.end();
    expect(locked).toEqual(["idle"]);
  });
});

describe("a service that locks by itself", () => {
  function service() {
    const calls: string[] = [];
    const repo = {
      async stat(path: string) {
        calls.push(path);
      },
      async close() {
        calls.push("closed");
      },
    } as unknown as RemoteRepo;
    const serve = (options: AutoLockOptions | undefined) =>
      lockingService(repo, options, (reason) => locked.push(reason), machine.clock);
    return { calls, repo, serve };
  }

  it("closes by itself, whether or not anybody listens, and refuses with REPO_LOCKED", async () => {
    const { calls, serve } = service();
    const served = serve({ idleMs: MINUTE });
    await served.stat("/a");
    machine.pass(MINUTE);
    expect([calls, locked]).toEqual([["/a", "closed"], ["idle"]]);
    await expect(served.stat("/b")).rejects.toMatchObject({ code: "REPO_LOCKED" });
    await served.close();
    expect(calls).toEqual(["/a", "closed", "closed"]);
  });

  it("is not locked any more once it is closed", async () => {
    const { calls, serve } = service();
    await serve({ idleMs: MINUTE }).close();
    machine.pass(HOUR);
    expect([calls, locked]).toEqual([["closed"], []]);
  });

  it("is the service itself where nothing is to lock it", () => {
    const { repo, serve } = service();
    expect(serve(undefined)).toBe(repo);
  });
});
