import { defineConfig } from "vitest/config";

// Whatever is named *.test.ts runs in Node; *.spec.ts belongs to Playwright.
export default defineConfig({
  test: {
    include: [],
    environment: "node",
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/power-loss/**"],
          // By default one core is left idle; and no test measures time, so the limit only ends what hangs.
          maxWorkers: 2,
          testTimeout: 180_000,
          // Tests of other projects come as TypeScript, which Node does not load.
          server: { deps: { inline: [/\/@zenfs\/core\/tests\//] } },
        },
      },
      {
        extends: true,
        test: {
          name: "power-loss",
          include: ["test/power-loss/**/*.test.ts"],
          maxWorkers: 2,
          testTimeout: 600_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
