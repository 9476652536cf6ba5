/** The worker's half of api/page-question.ts. */
import { RepoError } from "../errors.js";
import type { PageAnswer, PageQuestion } from "./protocol.js";

/** Asks the page whether it wants something. Rejects if its function has thrown; the page knows what. */
export type AskPage = (...args: readonly unknown[]) => Promise<boolean>;

/** Runs `work` with the questions that go to `port`, which is closed afterwards; with none if there is no port. */
export async function askingPage<T>(
  port: MessagePort | undefined,
  work: (ask: AskPage | undefined) => Promise<T>,
): Promise<T> {
  if (port === undefined) return work(undefined);
  const waiting = new Map<number, (answer: PageAnswer) => void>();
  port.onmessage = ({ data }: MessageEvent<PageAnswer>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  };
  let last = 0;
  const ask: AskPage = async (...args) => {
    const question: PageQuestion = { id: ++last, args };
    const { yes } = await new Promise<PageAnswer>((resolve) => {
      waiting.set(question.id, resolve);
      port.postMessage(question);
    });
    if (yes === undefined)
      throw new RepoError("EINVAL", { message: "a function of the page has thrown" });
    return yes;
  };
  try {
    return await work(ask);
  } finally {
    port.close();
  }
}
