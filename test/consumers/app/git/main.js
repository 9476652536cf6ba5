/**
 * A git client on a page: isomorphic-git as it comes from npm, on the files of a repo. What it does here, real git does in
 * test/consumers/git-story.ts.
 */
import { Buffer } from "buffer";
import "./buffer.js";
import { exportRepo, openRepo } from "cofferfs";
import { callbackFs } from "cofferfs/callback";
import git from "isomorphic-git";
import http from "isomorphic-git/http/web";
import { Readable, Writable } from "readable-stream";

/** @typedef {import("cofferfs").Repo} Repo */
/** @typedef {import("isomorphic-git").FsClient} FsClient */
/** @typedef {import("../../git-story.js").Story} Story */

/** @type {Repo | undefined} */
let opened;

function repo() {
  if (opened === undefined) throw new Error("no repo is open");
  return opened;
}

/**
 * The files as isomorphic-git takes them: by their promises, or, where an object has none, by callbacks.
 * @param {"promises" | "callbacks"} way
 * @returns {FsClient}
 */
function client(way) {
  if (way === "promises") return { promises: repo().fs };
  const { promises, ...callbacks } = callbackFs(repo().fs);
  if (promises !== repo().fs) throw new Error("these are the promises of another fs");
  return callbacks;
}

/**
 * @param {string} uri
 * @param {string} password
 */
async function open(uri, password) {
  opened = await openRepo(uri, {
    password,
    kdf: { opsLimit: 2, memLimit: 19 * 1024 * 1024 },
    createNew: true,
  });
}

/** Closes the repo and gives its container to the user as a download. @param {string} uri */
async function download(uri) {
  const { ok } = await repo().check();
  await repo().close();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await new Response(exportRepo(uri)).blob());
  link.download = "projects.coffer";
  link.click();
  return ok;
}

/**
 * Everything that the story tells, and what is seen on the way.
 * @param {"promises" | "callbacks"} way
 * @param {string} dir
 * @param {Story} story
 */
async function tell(way, dir, story) {
  const { fs } = repo();
  const at = { fs: client(way), dir, cache: {} };
  /** @param {number} afterS */
  const by = (afterS) => {
    const person = { ...story.person, timestamp: story.startS + afterS, timezoneOffset: 0 };
    return { author: person, committer: person };
  };
  /** @param {import("../../git-story.js").Change[]} changes */
  const change = async (changes) => {
    for (const { path, text, link, executable } of changes) {
      const place = `${dir}/${path}`;
      await fs.mkdir(place.slice(0, place.lastIndexOf("/")), { recursive: true });
      if (link !== undefined) await fs.symlink(link, place);
      else if (text === undefined) await fs.unlink(place);
      else await fs.writeFile(place, text, executable ? { mode: 0o755 } : {});
      if (text === undefined && link === undefined) await git.remove({ ...at, filepath: path });
    }
    await git.add({
      ...at,
      filepath: changes.filter((one) => one.text ?? one.link).map(({ path }) => path),
    });
  };
  const states = async () => {
    const rows = await git.statusMatrix(at);
    return [...new Set(rows.map(([, ...state]) => state.join("")))].sort();
  };

  await git.init({ ...at, defaultBranch: "main" });
  await change(story.first);
  const added = await states();
  await git.commit({ ...at, message: "first", ...by(1) });
  const committed = await states();

  await git.branch({ ...at, ref: "feature" });
  await git.checkout({ ...at, ref: "feature" });
  await change(story.feature);
  await git.commit({ ...at, message: "on the branch", ...by(2) });
  await git.checkout({ ...at, ref: "main" });
  await change(story.main);
  await git.commit({ ...at, message: "meanwhile", ...by(3) });
  await git.merge({ ...at, theirs: "feature", message: "merge feature", ...by(4) });
  await git.checkout({ ...at, ref: "main" });

  await git.branch({ ...at, ref: "rival" });
  await git.checkout({ ...at, ref: "rival" });
  await change(story.rival);
  await git.commit({ ...at, message: "rival", ...by(5) });
  await git.checkout({ ...at, ref: "main" });
  await change(story.clash);
  await git.commit({ ...at, message: "clash", ...by(6) });
  /** @type {unknown} */
  const conflict = await git
    .merge({ ...at, theirs: "rival", message: "merge rival", abortOnConflict: false, ...by(7) })
    .catch((/** @type {unknown} */ error) => error);
  const { data } = /** @type {{ data?: { filepaths?: string[] } }} */ (conflict);
  const contested = data?.filepaths ?? [];
  const marked = await fs.readFile(`${dir}/${contested[0] ?? ""}`, "utf8");
  await change(story.resolved);
  const parent = ["main", "rival"];
  await git.commit({ ...at, message: "merge rival", parent, ...by(7) });

  const log = await git.log(at);
  return {
    added,
    committed,
    contested,
    marked,
    states: await states(),
    log: log.map(({ oid }) => oid),
    trees: log.map(({ commit }) => commit.tree),
    head: await git.resolveRef({ ...at, ref: "HEAD" }),
    branches: await git.listBranches(at),
  };
}

/**
 * Packs every object, removes the loose ones, makes the index of the pack anew and reads through it.
 * @param {string} dir
 */
async function pack(dir) {
  const { fs } = repo();
  const objects = `${dir}/.git/objects`;
  /** @type {string[]} */
  const oids = [];
  const folders = (await fs.readdir(objects)).filter((name) => name.length === 2);
  for (const folder of folders)
    for (const name of await fs.readdir(`${objects}/${folder}`)) oids.push(folder + name);
  const at = { fs: client("promises"), dir };
  const { filename } = await git.packObjects({ ...at, oids, write: true });
  for (const folder of folders) await fs.rm(`${objects}/${folder}`, { recursive: true });
  const filepath = `.git/objects/pack/${filename}`;
  await fs.rm(`${objects}/pack/${filename.replace(/pack$/, "idx")}`, { force: true });
  const lost = await git
    .log({ ...at, cache: {} })
    .catch((/** @type {unknown} */ error) => (error instanceof Error ? error.name : error));
  const indexed = await git.indexPack({ ...at, filepath });
  const cache = {};
  const types = new Set();
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- objects of every type are read
  for (const oid of oids) types.add((await git.readObject({ ...at, oid, cache })).type);
  // The whole working tree comes from the pack.
  for (const name of await fs.readdir(dir))
    if (name !== ".git") await fs.rm(`${dir}/${name}`, { recursive: true });
  await git.checkout({ ...at, ref: "main", force: true, cache });
  const states = (await git.statusMatrix({ ...at, cache })).map(([, ...state]) => state.join(""));
  return {
    lost,
    oids: oids.sort(),
    indexed: indexed.oids.sort(),
    types: [...types].sort(),
    states: [...new Set(states)],
  };
}

/**
 * @param {"promises" | "callbacks"} way
 * @param {string} dir
 * @param {string} url
 */
async function clone(way, dir, url) {
  const at = { fs: client(way), dir, cache: {} };
  await git.clone({ ...at, http, url });
  const states = (await git.statusMatrix(at)).map(([, ...state]) => state.join(""));
  return {
    head: await git.resolveRef({ ...at, ref: "HEAD" }),
    remote: await git.listBranches({ ...at, remote: "origin" }),
    files: states.length,
    states: [...new Set(states)],
    isolated: crossOriginIsolated,
  };
}

/**
 * Writes and copies a file with streams as Node has them, and tells what the copy holds and how many bytes went through.
 * @param {string} path
 * @param {string} text
 */
async function stream(path, text) {
  const fs = callbackFs(repo().fs, { Buffer, Readable, Writable });
  const writer = fs.createWriteStream(path);
  const written = new Promise((resolve) => writer.on("close", resolve));
  for (const line of text.split("\n")) writer.write(`${line}\n`);
  writer.end();
  await written;
  const copy = fs.createWriteStream(`${path}.copy`);
  const copied = new Promise((resolve) => copy.on("close", resolve));
  fs.createReadStream(path, { highWaterMark: 1000 }).pipe(copy);
  await copied;
  return { text: await repo().fs.readFile(`${path}.copy`, "utf8"), bytes: copy.bytesWritten };
}

Object.assign(globalThis, { gitClient: { open, tell, pack, clone, stream, download } });
