/**
 * A story of two branches and two merges, told by real git. The page tells it with isomorphic-git (app/git/main.js); people, dates and
 * contents are the same, so hashes must be.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

export interface Change {
  readonly path: string;
  /** What the file is to hold; without one, and without a link, it goes. */
  readonly text?: string;
  readonly link?: string;
  readonly executable?: boolean;
}

export interface Story {
  readonly person: { readonly name: string; readonly email: string };
  /** When it happened, in seconds; each commit is so many seconds later. */
  readonly startS: number;
  /** Everything that is there at the beginning. */
  readonly first: Change[];
  /** Two branches that go together. */
  readonly feature: Change[];
  readonly main: Change[];
  /** Two that do not, and what is made of them. */
  readonly rival: Change[];
  readonly clash: Change[];
  readonly resolved: Change[];
}

const LINES = Array.from({ length: 40 }, (_, i) => `line ${i}`);

function lines(changed: Readonly<Record<number, string>>): string {
  return LINES.map((line, i) => `${changed[i] ?? line}\n`).join("");
}

/** A story of so many files, and a few with names and modes of their own. */
export function storyOf(files: number): Story {
  const many = Array.from({ length: files }, (_, i) => ({
    path: `src/${i % 32}/part ${i % 7}/file-${i}.txt`,
    text: `file ${i}\n`.repeat((i % 50) + 1),
  }));
  return {
    person: { name: "Ada Lovelace", email: "ada@example.org" },
    startS: 1_700_000_000,
    first: [
      ...many,
      { path: "poem.txt", text: lines({}) },
      { path: "run.sh", text: "#!/bin/sh\necho hello\n", executable: true },
      { path: "latest", link: "src/1" },
      { path: "Äpfel/🍎.txt", text: "an apple\n" },
      { path: "empty.d/.gitkeep", text: "\n" },
    ],
    feature: [
      { path: "poem.txt", text: lines({ 3: "changed on the branch" }) },
      { path: "added/on/branch.txt", text: "new\n" },
      { path: "src/2/part 2/file-2.txt" },
    ],
    main: [
      { path: "poem.txt", text: lines({ 36: "changed on main" }) },
      { path: "run.sh", text: "#!/bin/sh\necho goodbye\n", executable: true },
    ],
    rival: [{ path: "poem.txt", text: lines({ 3: "theirs", 36: "changed on main" }) }],
    clash: [{ path: "poem.txt", text: lines({ 3: "ours", 36: "changed on main" }) }],
    resolved: [{ path: "poem.txt", text: lines({ 3: "both", 36: "changed on main" }) }],
  };
}

/** Runs git on nothing but what the test has made; resolves to its output. */
export async function realGit(
  folder: string,
  parameters: readonly string[],
  dateS = 0,
): Promise<string> {
  const home = { HOME: folder, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
  const date = `@${dateS} +0000`;
  const { stdout } = await promisify(execFile)("git", parameters, {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, ...home, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date, LC_ALL: "C" },
  });
  return stdout.trimEnd();
}

/** Makes `folder` the working tree in which the story has happened. */
export async function tellWithRealGit(folder: string, story: Story): Promise<void> {
  await mkdir(folder);
  const { startS, person } = story;
  const who = ["-c", `user.name=${person.name}`, "-c", `user.email=${person.email}`];
  const git = (afterS: number, ...parameters: string[]): Promise<string> =>
    realGit(folder, [...who, ...parameters], startS + afterS);
  const commit = async (afterS: number, message: string, changes: Change[]): Promise<void> => {
    for (const { path, text, link, executable } of changes) {
      const place = join(folder, path);
      await mkdir(dirname(place), { recursive: true });
      if (link !== undefined) await symlink(link, place);
      else if (text === undefined) await rm(place);
      else await writeFile(place, text);
      if (executable === true) await chmod(place, 0o755);
    }
    await git(afterS, "add", "--all");
    await git(afterS, "commit", "--quiet", "--message", message);
  };
  await git(0, "init", "--quiet", "--initial-branch", "main");
  await commit(1, "first", story.first);
  await git(0, "checkout", "--quiet", "-b", "feature");
  await commit(2, "on the branch", story.feature);
  await git(0, "checkout", "--quiet", "main");
  await commit(3, "meanwhile", story.main);
  await git(4, "merge", "--quiet", "--message", "merge feature", "feature");
  await git(0, "checkout", "--quiet", "-b", "rival");
  await commit(5, "rival", story.rival);
  await git(0, "checkout", "--quiet", "main");
  await commit(6, "clash", story.clash);
  const refused = await git(7, "merge", "--quiet", "rival").catch(() => "conflict");
  if (refused !== "conflict") throw new Error("git has merged what cannot be merged");
  await commit(7, "merge rival", story.resolved);
}
