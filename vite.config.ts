import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

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

// The dev server's root is the repository: it serves /demo/ to people and any module to the browser tests.
export default defineConfig(({ command, mode }) => ({
  ...(command === "build" && { root: "demo", base: "./" }),
  plugins: [isolationOnDemand(), demoAtRoot()],
  resolve: {
    alias: [
      {
        find: /^cofferfs$/,
        replacement: fileURLToPath(new URL("src/index.ts", import.meta.url)),
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
  build: { outDir: "../dist-demo", emptyOutDir: true, target: "es2022" },
}));
