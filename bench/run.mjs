/**
 * `npm run bench`: the workloads W1 to W7 of docs/PERFORMANCE.md in a real Chromium, on a bundle as an application
 * would ship it. `-- --help` tells how to run parts of it, to go on after a break, and to draw the curves of W8.
 */
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const main = fileURLToPath(new URL("driver/main.ts", import.meta.url));
/** @type {{ module: typeof import("./driver/main.js") }} */
const { module } = await runnerImport(main, { configFile: false, logLevel: "error" });
await module.main(argv.slice(2));
