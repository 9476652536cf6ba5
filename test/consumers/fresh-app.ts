/**
 * FreshApp: an application of its own in a temporary folder, with the package installed from the tarball
 * that `npm pack` makes of dist/. Its dependencies are packed from node_modules, so that no registry is
 * asked; bundlers and compiler are the project's.
 */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TEMPLATE = fileURLToPath(new URL("app", import.meta.url));

export class FreshApp implements AsyncDisposable {
  readonly folder: string;
  readonly #scratch: string;

  private constructor(scratch: string) {
    this.#scratch = scratch;
    this.folder = join(scratch, "app");
  }

  static async make(): Promise<FreshApp> {
    const app = new FreshApp(await mkdtemp(join(tmpdir(), "cofferfs-consumer-")));
    const tarballs = join(app.#scratch, "tarballs");
    await mkdir(tarballs);
    const packages = [ROOT, ...(await dependenciesOf(ROOT))];
    await npm(ROOT, "pack", "--ignore-scripts", "--pack-destination", tarballs, ...packages);
    await cp(TEMPLATE, app.folder, { recursive: true });
    const manifest = { name: "app", private: true, type: "module" };
    await writeFile(join(app.folder, "package.json"), JSON.stringify(manifest));
    const paths = (await readdir(tarballs)).map((name) => join(tarballs, name));
    await npm(app.folder, "install", "--offline", "--no-audit", ...paths);
    return app;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.#scratch, { recursive: true, force: true });
  }
}

/** Folders of everything that the package in `folder` needs, directly or not. */
async function dependenciesOf(folder: string): Promise<string[]> {
  const found = new Set<string>();
  const visit = async (from: string): Promise<void> => {
    const text = await readFile(join(from, "package.json"), "utf8");
    const { dependencies = {} } = JSON.parse(text) as { dependencies?: Record<string, string> };
    for (const name of Object.keys(dependencies)) {
      const dependency = join(ROOT, "node_modules", name);
      if (found.has(dependency)) continue;
      found.add(dependency);
      await visit(dependency);
    }
  };
  await visit(folder);
  return [...found];
}

/** Without what an npm that runs this test has put into the environment for its own folder. */
async function npm(cwd: string, ...parameters: string[]): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  await promisify(execFile)("npm", ["--silent", ...parameters], {
    cwd,
    env: Object.fromEntries(inherited),
    shell: process.platform === "win32",
  });
}
