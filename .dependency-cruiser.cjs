// The layers of docs/ARCHITECTURE.md: imports point one way, types included.

const LEAVES = "^src/(codec/|errors\\.ts$|assert\\.ts$)";
/** What runs in Node only, and nothing that a browser loads may import. */
const NODE = "^src/(node|backends/file)/";
/** The ports between layers: files without imports, which hold types and the constants of the format. */
const PORTS = "^src/(backends/block-store|crypto/sealer)\\.ts$";

/**
 * A layer imports itself, what is listed, and packages (whose importers are restricted below).
 * @param {string} name
 * @param {string} from
 * @param {string[]} allowed
 */
function layer(name, from, ...allowed) {
  return {
    name: `${name}-imports-only-what-is-below`,
    severity: "error",
    from: { path: from, pathNot: name === "backends" || name === "crypto" ? PORTS : "^$" },
    // Who may import Node's own modules is a rule of its own.
    to: { pathNot: [from, ...allowed, "node_modules/"], dependencyTypesNot: ["core"] },
  };
}

/**
 * @param {string} name
 * @param {string} from
 * @param {string} to
 */
function typesOnly(name, from, to) {
  return {
    name,
    severity: "error",
    from: { path: from },
    to: { path: to, dependencyTypesNot: ["type-only"] },
  };
}

/**
 * @param {string} packages
 * @param {string} importers
 */
function onlyImporter(packages, importers) {
  return {
    name: `${packages.replace(/\W+/g, "-")}-has-one-door`,
    severity: "error",
    from: { pathNot: importers },
    to: { path: `node_modules/(${packages})/` },
  };
}

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "imports-resolve",
      severity: "error",
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: "no-development-packages",
      severity: "error",
      from: {},
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "node-modules-of-its-own-in-node-only",
      severity: "error",
      from: { pathNot: NODE },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "nobody-imports-what-runs-in-node-only",
      severity: "error",
      from: { pathNot: NODE },
      to: { path: NODE },
    },
    {
      name: "node",
      severity: "error",
      from: { path: "^src/node/" },
      to: {
        pathNot: [
          "^src/node/",
          "^src/(api|worker|vfs|engine|crypto)/",
          "^src/backends/(file/|[^/]+\\.ts$)",
          LEAVES,
        ],
        dependencyTypesNot: ["core"],
      },
    },
    layer("entries", "^src/(?!errors|assert)[^/]+\\.ts$", "^src/api/", "^src/errors\\.ts$"),
    layer("zbox", "^src/zbox/", "^src/api/", "^src/worker/", "^src/errors\\.ts$"),
    // It takes any fs of Node's shape, so it needs nothing of ours.
    layer("vscode", "^src/vscode/"),
    layer("transfer", "^src/transfer/", "^src/api/", "^src/errors\\.ts$"),
    layer("http", "^src/http/", "^src/errors\\.ts$"),
    layer("callback", "^src/callback/", "^src/api/", "^src/errors\\.ts$"),
    layer("sync", "^src/sync/", "^src/api/", "^src/worker/", LEAVES),
    layer("api", "^src/api/", "^src/worker/", "^src/vfs/", LEAVES),
    typesOnly("pages-see-types-of-worker-and-vfs", "^src/(api|sync|zbox)/", "^src/(worker|vfs)/"),
    layer("worker", "^src/worker/", "^src/(vfs|engine|crypto|backends)/", LEAVES),
    layer("vfs", "^src/vfs/", "^src/engine/", "^src/backends/block-store\\.ts$", LEAVES),
    layer("engine", "^src/engine/", PORTS, LEAVES),
    layer("crypto", "^src/crypto/", LEAVES),
    layer("backends", "^src/backends/", LEAVES),
    {
      name: "backends-do-not-know-each-other",
      severity: "error",
      from: { path: "^src/backends/([^/]+)/" },
      to: { path: "^src/backends/[^/]+/", pathNot: "^src/backends/$1/" },
    },
    {
      name: "ports-import-nothing",
      severity: "error",
      from: { path: PORTS },
      to: {},
    },
    layer("codec", "^src/codec/", "^src/(errors|assert)\\.ts$"),
    layer("assert", "^src/assert\\.ts$", "^src/errors\\.ts$"),
    layer("errors", "^src/errors\\.ts$"),
    onlyImporter("libsodium[^/]*|hash-wasm", "^src/crypto/|node_modules/"),
    onlyImporter("idb", "^src/backends/indexeddb/|node_modules/"),
    onlyImporter("@hpcc-js", "^src/codec/zstd\\.ts$|node_modules/"),
    onlyImporter("@zip\\.js", "^src/transfer/zip-library\\.ts$|node_modules/"),
    onlyImporter("modern-tar", "^src/transfer/(tar-source|export-tar)\\.ts$|node_modules/"),
    onlyImporter("comlink", "^src/(api|worker)/|node_modules/"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "default"],
    },
  },
};
