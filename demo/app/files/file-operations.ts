/**
 * What a person does to files: move, rename, delete, make a folder. Each reports which folders changed,
 * and each failure names its file.
 */
import { isRepoError } from "cofferfs";
import { ConflictQuestions } from "../shared/conflict-dialog.js";
import { explain } from "../shared/explain.js";
import { freeName, isWithin, joinPath, nameOf, parentOf } from "../shared/paths.js";
import type { Vault } from "../vault.js";
import type { Item } from "./listing.js";

export interface Outcome {
  readonly done: number;
  readonly failures: readonly Failure[];
}

export interface Failure {
  readonly path: string;
  readonly reason: string;
}

/** Deletions in flight at a time. */
const IN_FLIGHT = 16;

/** Never replaces anything: EEXIST if the name is taken. */
export async function renameItem(vault: Vault, item: Item, name: string): Promise<string> {
  const folder = parentOf(item.path);
  const target = joinPath(folder, name);
  if (await exists(vault, target)) throw new Error(`There is already something named “${name}”.`);
  await vault.repo.fs.rename(item.path, target);
  vault.reportChange(folder);
  return target;
}

export async function makeFolder(vault: Vault, folder: string, name: string): Promise<string> {
  const path = joinPath(folder, name);
  await vault.repo.fs.mkdir(path);
  vault.reportChange(folder);
  return path;
}

export async function removeItems(vault: Vault, items: readonly Item[]): Promise<Outcome> {
  const failures: Failure[] = [];
  for (let at = 0; at < items.length; at += IN_FLIGHT) {
    await Promise.all(
      items.slice(at, at + IN_FLIGHT).map(async ({ path }) => {
        await vault.repo.fs.rm(path, { recursive: true }).catch((error: unknown) => {
          failures.push({ path, reason: explain(error) });
        });
      }),
    );
  }
  vault.reportChange(...items.map(({ path }) => parentOf(path)));
  return { done: items.length - failures.length, failures };
}

export async function moveItems(
  vault: Vault,
  items: readonly Item[],
  folder: string,
): Promise<Outcome> {
  const questions = new ConflictQuestions();
  const failures: Failure[] = [];
  const changed = new Set<string>();
  let done = 0;
  for (const item of items) {
    try {
      if (!(await moveItem(vault, item, folder, questions))) continue;
      done += 1;
      changed.add(parentOf(item.path)).add(folder);
    } catch (error) {
      failures.push({ path: item.path, reason: explain(error) });
    }
  }
  if (changed.size > 0) vault.reportChange(...changed);
  return { done, failures };
}

/** Whether it was moved; no if it is there already or was to be left out. */
async function moveItem(
  vault: Vault,
  item: Item,
  folder: string,
  questions: ConflictQuestions,
): Promise<boolean> {
  if (parentOf(item.path) === folder) return false;
  if (item.type === "directory" && isWithin(folder, item.path))
    throw new Error("A folder cannot be moved into itself.");
  const target = await targetOf(vault, item, folder, questions);
  if (target === undefined) return false;
  await vault.repo.fs.rename(item.path, target);
  return true;
}

async function targetOf(
  vault: Vault,
  item: Item,
  folder: string,
  questions: ConflictQuestions,
): Promise<string | undefined> {
  const name = nameOf(item.path);
  const names = new Map<string, boolean>();
  for (const entry of await vault.repo.fs.readdir(folder, { withFileTypes: true }))
    names.set(entry.name, entry.isDirectory());
  const presentIsFolder = names.get(name);
  if (presentIsFolder === undefined) return joinPath(folder, name);
  const canReplace = !presentIsFolder && item.type !== "directory";
  switch (await questions.ask({ name, folder, canReplace })) {
    case "replace":
      return joinPath(folder, name);
    case "keepBoth":
      return joinPath(
        folder,
        freeName(name, (candidate) => names.has(candidate)),
      );
    case "skip":
    case "stop":
      return undefined;
  }
}

async function exists(vault: Vault, path: string): Promise<boolean> {
  try {
    await vault.repo.fs.lstat(path);
    return true;
  } catch (error) {
    if (isRepoError(error, "ENOENT")) return false;
    throw error;
  }
}
