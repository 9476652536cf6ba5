/**
 * CaseCollector: takes what a file of tests registers, as node:test and Mocha let it, and runs it case by case. It knows nothing
 * of expectations; what it gives back is what became of each case. A test within a test is a case as well.
 */

/** What a test, a suite or a hook does. It may take a callback. */
export type Body = (...args: unknown[]) => unknown;

export interface Outcome {
  /** The names of its suites and its own, joined by ` > `; numbered if there are several of that name. */
  readonly name: string;
  /** Undefined if it has passed. */
  readonly failure: Error | undefined;
}

interface Hooks {
  readonly before: Body[];
  readonly after: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
}

interface Suite {
  readonly path: readonly string[];
  readonly hooks: Hooks;
  readonly steps: (() => Promise<void>)[];
}

/** What hangs has failed. */
const PATIENCE_MS = 120_000;

export class CaseCollector {
  readonly #outcomes: Outcome[] = [];
  /** Which argument of a test is its callback. */
  readonly #callbackAt: number;
  /** Where what is registered belongs: innermost last. */
  #suites: Suite[] = [newSuite([])];
  /** The case that is running. */
  #running: { readonly path: readonly string[]; failed: boolean } | undefined;
  /** Fails what is being called and has not called back. */
  #reject: ((error: Error) => void) | undefined;

  /** `callbackAt` is 1 for node:test, whose tests get a context first, and 0 for Mocha. */
  constructor(callbackAt: 0 | 1) {
    this.#callbackAt = callbackAt;
  }

  readonly suite = (name: string, ...rest: unknown[]): void => {
    const parent = this.#innermost();
    const suite = newSuite([...parent.path, name]);
    this.#suites.push(suite);
    bodyOf(rest)();
    this.#suites.pop();
    parent.steps.push(() => this.#runSuite(suite));
  };

  readonly test = (name: string, ...rest: unknown[]): Promise<void> => {
    const body = bodyOf(rest);
    if (this.#running !== undefined) return this.#runNested(name, body);
    const suite = this.#innermost();
    const around = [...this.#suites];
    suite.steps.push(() => this.#runCase([...suite.path, name], body, around));
    return Promise.resolve();
  };

  readonly before = (...rest: unknown[]): void =>
    void this.#innermost().hooks.before.push(bodyOf(rest));
  readonly after = (...rest: unknown[]): void =>
    void this.#innermost().hooks.after.push(bodyOf(rest));
  readonly beforeEach = (...rest: unknown[]): void =>
    void this.#innermost().hooks.beforeEach.push(bodyOf(rest));
  readonly afterEach = (...rest: unknown[]): void =>
    void this.#innermost().hooks.afterEach.push(bodyOf(rest));

  /** Runs what has been registered since the last time, in that order. */
  readonly run = async (): Promise<readonly Outcome[]> => {
    const all = this.#innermost();
    this.#suites = [newSuite([])];
    await this.#runSuite(all);
    return this.#outcomes.splice(0);
  };

  /** What a callback throws fails the case that is running. */
  readonly fail = (thrown: unknown): void => {
    this.#reject?.(asError(thrown));
  };

  #innermost(): Suite {
    const suite = this.#suites.at(-1);
    if (suite === undefined) throw new Error("no suite is open");
    return suite;
  }

  async #runSuite({ path, hooks, steps }: Suite): Promise<void> {
    const broken = await this.#attempt(hooks.before);
    if (broken !== undefined) this.#tell([...path, "before"], broken);
    for (const step of steps) await step();
    const left = await this.#attempt(hooks.after);
    if (left !== undefined) this.#tell([...path, "after"], left);
  }

  async #runCase(path: readonly string[], body: Body, around: readonly Suite[]): Promise<void> {
    const running = { path, failed: false };
    this.#running = running;
    const hooks = around.map((suite) => suite.hooks);
    const before = hooks.flatMap(({ beforeEach }) => beforeEach);
    const after = hooks.toReversed().flatMap(({ afterEach }) => afterEach);
    let failure = await this.#attempt([...before, body]);
    const left = await this.#attempt(after);
    failure ??= left;
    if (running.failed) failure ??= new Error("a test within it has failed");
    this.#running = undefined;
    this.#tell(path, failure);
  }

  async #runNested(name: string, body: Body): Promise<void> {
    const outer = this.#running;
    if (outer === undefined) return;
    const inner = { path: [...outer.path, name], failed: false };
    this.#running = inner;
    const failure = await this.#attempt([body]);
    this.#running = outer;
    if (failure !== undefined) outer.failed = true;
    this.#tell(inner.path, failure);
  }

  /** The first failure among them, which ends them. */
  async #attempt(bodies: readonly Body[]): Promise<Error | undefined> {
    try {
      for (const body of bodies) await inTime(this.#call(body));
    } catch (error) {
      return asError(error);
    }
    return undefined;
  }

  /** Settles when it returns or, if it has a parameter for it, when it has called its callback. */
  async #call(body: Body): Promise<void> {
    if (body.length <= this.#callbackAt) {
      await body();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      this.#reject = reject;
      const done = (error?: unknown): void => {
        if (error === undefined || error === null) resolve();
        else reject(asError(error));
      };
      body(...Array<undefined>(this.#callbackAt), done);
    });
  }

  #tell(path: readonly string[], failure: Error | undefined): void {
    const name = path.join(" > ");
    const before = this.#outcomes.filter(({ name: other }) => other.replace(/ #\d+$/, "") === name);
    const number = before.length === 0 ? "" : ` #${before.length + 1}`;
    this.#outcomes.push({ name: name + number, failure });
  }
}

function newSuite(path: readonly string[]): Suite {
  return { path, hooks: { before: [], after: [], beforeEach: [], afterEach: [] }, steps: [] };
}

/** Options may come before it. */
function bodyOf(rest: readonly unknown[]): Body {
  const body = rest.find((argument): argument is Body => typeof argument === "function");
  return body ?? ((): void => undefined);
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error("it has not ended"));
    }, PATIENCE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
