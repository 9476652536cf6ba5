import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, defineConfig, type Plugin } from "vite";

const { dependencies } = JSON.parse(
  readFileSync(new URL("package.json", import.meta.url), "utf8"),
) as { dependencies: Record<string, string> };

/**
 * A page asked for with `?isolated` is cross-origin isolated (SharedArrayBuffer), any other is not.
 * What such a page loads must opt in, so the embedder policy stands on every answer; alone it does nothing.
 */
function isolationOnDemand(): Plugin {
  return {
    name: "isolation-on-demand",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
        if (/[?&]isolated\b/.test(request.url ?? "")) {
          response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
        }
        next();
      });
    },
  };
}

/**
 * Tests start hundreds of workers, and each would ask for some two hundred modules one by one, several times what
 * the tests themselves take. So they get the worker's script in few pieces, made of the same sources once for all of them.
 */
function workerInOnePiece(): Plugin {
  const folder = "/src/worker/";
  let pieces: Promise<Map<string, string>> | undefined;
  const bundle = async (): Promise<Map<string, string>> => {
    const made = await build({
      configFile: false,
      root: fileURLToPath(new URL(".", import.meta.url)),
      logLevel: "warn",
      build: {
        write: false,
        minify: false,
        target: "es2022",
        modulePreload: false,
        rolldownOptions: {
          input: fileURLToPath(new URL("src/worker/worker.ts", import.meta.url)),
          output: { entryFileNames: "worker.ts", chunkFileNames: "piece-[name]-[hash].js" },
        },
      },
    });
    if (!("output" in made)) throw new Error("one build has one output");
    return new Map(
      made.output.flatMap((piece) =>
        piece.type === "chunk" ? [[piece.fileName, piece.code]] : [],
      ),
    );
  };
  return {
    name: "worker-in-one-piece",
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? "", "http://server");
        const name = pathname.startsWith(folder) ? pathname.slice(folder.length) : "";
        if (!/^worker\.[jt]s$|^piece-/.test(name)) {
          next();
          return;
        }
        pieces ??= bundle();
        pieces.then((made) => {
          response.setHeader("Content-Type", "text/javascript");
          response.end(made.get(name.replace(/^worker\.js$/, "worker.ts")));
        }, next);
      });
    },
  };
}

/** The address that the server prints leads to the demo. */
function demoAtRoot(): Plugin {
  return {
    name: "demo-at-root",
    configureServer(server) {
      server.middlewares.use("/", (request, response, next) => {
        if (request.url !== "/") {
          next();
          return;
        }
        response.writeHead(302, { Location: "/demo/" }).end();
      });
    },
  };
}

/** Of the demo. */
function pages(...names: string[]): string[] {
  return names.map((name) => fileURLToPath(new URL(`demo/${name}`, import.meta.url)));
}

// The dev server's root is the repository: it serves /demo/ to people and any module to the browser tests.
export default defineConfig(({ command, mode }) => ({
  ...(command === "build" && { root: "demo", base: "./" }),
  plugins: [isolationOnDemand(), demoAtRoot(), ...(mode === "test" ? [workerInOnePiece()] : [])],
  resolve: {
    alias: [
      {
        find: /^cofferfs$/,
        replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)),
      },
      {
        find: /^cofferfs\/http$/,
        replacement: fileURLToPath(new URL("src/http/index.ts", import.meta.url)),
      },
      {
        find: /^cofferfs\/callback$/,
        replacement: fileURLToPath(new URL("src/callback/index.ts", import.meta.url)),
      },
      {
        find: /^cofferfs\/sync$/,
        replacement: fileURLToPath(new URL("src/sync/index.ts", import.meta.url)),
      },
      {
        find: /^cofferfs\/vscode$/,
        replacement: fileURLToPath(new URL("src/vscode/index.ts", import.meta.url)),
      },
      {
        find: /^cofferfs\/transfer$/,
        replacement: fileURLToPath(new URL("src/transfer/index.ts", import.meta.url)),
      },
      {
        find: /^cofferfs\/zbox$/,
        replacement: fileURLToPath(new URL("src/zbox/index.ts", import.meta.url)),
      },
      {
        find: /^cofferfs\/worker$/,
        replacement: fileURLToPath(new URL("src/worker/worker.ts", import.meta.url)),
      },
    ],
  },
  // Bundling a dependency only when a worker first asks for it would reload the page in the middle of a test.
  optimizeDeps: { noDiscovery: true, include: Object.keys(dependencies) },
  server: {
    host: "127.0.0.1",
    port: 5173,
    // An edit must not reload a page under test.
    ...(mode === "test" && { hmr: false, watch: null }),
  },
  worker: { format: "es" },
  build: {
    outDir: "../dist-demo",
    emptyOutDir: true,
    target: "es2022",
    rolldownOptions: { input: pages("index.html", "speed.html") },
  },
}));
