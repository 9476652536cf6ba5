/** Opening a container file, in the way that the worker opens a repo. */
import { checkedCredential, passkeyCredential } from "../api/credential.js";
import { openRequest, openTarget, type OpenRepoOptions } from "../api/open-options.js";
import type { RepoEvent } from "../api/repo-event.js";
import type { EngineEvent } from "../engine/options.js";
import { openContainer, type OpenContainer } from "../worker/container.js";
import type { FreshnessEvent, OpenRequest } from "../worker/protocol.js";
import { wipeSecrets } from "../worker/secrets.js";
import { threadDerivation } from "./derivation.js";
import { filePlace, type ContainerPath, type FilePlace } from "./place.js";

/**
 * Options of `openRepo`, as in the browser; but nothing is remembered here of the containers that were opened, so a
 * rollback is noticed with an `anchor` alone. Exactly one credential is needed. */
export type OpenFileRepoOptions = Omit<OpenRepoOptions, "worker" | "force">;

export interface OpenedFile {
  readonly request: OpenRequest;
  readonly place: FilePlace;
  readonly container: OpenContainer;
  readonly notify: (event: RepoEvent) => void;
}

export async function openContainerFile(
  path: ContainerPath,
  options: OpenFileRepoOptions,
  { session = 0, repair = false }: { readonly session?: number; readonly repair?: boolean } = {},
): Promise<OpenedFile> {
  const place = filePlace(path);
  const target = openTarget(place.location, options, repair);
  // A passkey needs a page; asking for one says so.
  const given = checkedCredential(options);
  const credential = "passkey" in given ? await passkeyCredential(given, async () => []) : given;
  const request = openRequest(target, credential, session);
  const { signal, onEvent } = options;
  signal?.throwIfAborted();
  const notify = (event: RepoEvent): void => {
    // What the listener throws is its own affair, and reported as such.
    if (onEvent !== undefined)
      queueMicrotask(() => {
        onEvent(event);
      });
  };
  const container = await openContainer(request, place, {
    derive: threadDerivation(signal),
    onEvent: (event) => {
      notify(repoEvent(event));
    },
  }).finally(() => {
    wipeSecrets(credential);
  });
  if (signal?.aborted === true) await letGo(place, container, signal);
  return { request, place, container, notify };
}

/** Aborted in the last moment: what was made by this very call goes again. */
async function letGo(
  { provider, name }: FilePlace,
  { engine, isNew }: OpenContainer,
  signal: AbortSignal,
): Promise<never> {
  await engine.close();
  if (isNew) await provider.destroy(name);
  throw signal.reason;
}

function repoEvent(event: EngineEvent | FreshnessEvent): RepoEvent {
  if (event.type !== "poisoned") return event;
  const { cause } = event;
  return { type: "poisoned", cause: cause instanceof Error ? cause : new Error(String(cause)) };
}
