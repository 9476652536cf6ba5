import js from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

/** What the engine must be given instead of reaching for it: time, randomness and the browser. */
const INJECTED = ["navigator", "indexedDB", "Date", "performance", "postMessage", "console"];
const injectedMessage = "Below worker/ this comes in as an argument (docs/ARCHITECTURE.md).";

/**
 * @param {string[]} names
 * @returns {import("eslint").Linter.RulesRecord}
 */
function forbidGlobals(names) {
  const objects = ["globalThis", "self"];
  return {
    "no-restricted-globals": [
      "error",
      ...names.map((name) => ({ name, message: injectedMessage })),
    ],
    "no-restricted-properties": [
      "error",
      { object: "Math", property: "random", message: injectedMessage },
      ...objects.flatMap((object) =>
        names.map((property) => ({ object, property, message: injectedMessage })),
      ),
    ],
  };
}

export default defineConfig(
  globalIgnores(["dist", "dist-demo", "coverage", "test-results", "playwright-report", "wasm"]),
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // tsc knows which names exist.
      "no-undef": "off",
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // An implementation of an asynchronous port need not await anything.
      "@typescript-eslint/require-await": "off",
      "no-restricted-exports": [
        "error",
        { restrictDefaultExports: { direct: true, named: true, defaultFrom: true } },
      ],
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "No enums: a union or a const object." },
        { selector: "TSModuleDeclaration[kind!='global']", message: "No namespaces." },
      ],
    },
  },
  {
    files: ["src/{engine,vfs,codec,crypto}/**"],
    rules: forbidGlobals(INJECTED),
  },
  {
    files: ["src/backends/**"],
    rules: forbidGlobals(["Date", "performance", "postMessage", "console"]),
  },
  {
    // Their tools ask for a default export.
    files: ["*.config.{js,ts}"],
    rules: { "no-restricted-exports": "off" },
  },
  {
    // Declares modules of others, as they are.
    files: ["bench/subjects/peers/peers.d.ts"],
    rules: { "no-restricted-exports": "off", "no-restricted-syntax": "off" },
  },
  {
    files: ["**/*.cjs"],
    languageOptions: { sourceType: "commonjs" },
  },
);
