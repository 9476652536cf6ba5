/** Which events of a repo a person must hear of, and how they are put. */
import type { RepoEvent } from "cofferfs";
import { explain } from "../shared/explain.js";

export interface EventNotice {
  readonly title: string;
  readonly text: string;
}

export function eventNotice(event: RepoEvent): EventNotice | undefined {
  switch (event.type) {
    case "recovered":
      return {
        title: "Recent changes were lost",
        text:
          `The storage had confirmed ${event.lostGenerations.length} later commit(s) and then lost them, ` +
          `as may happen when power fails. The vault shows commit ${event.generation}, which is whole.`,
      };
    case "poisoned":
      return { title: "A write failed", text: explain(event.cause) };
    case "closed":
      return event.cause && { title: "The vault has closed", text: explain(event.cause) };
    default:
      return undefined;
  }
}
