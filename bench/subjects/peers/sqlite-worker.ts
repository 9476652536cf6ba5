/** The official SQLite build, not encrypted. */
import init from "@sqlite.org/sqlite-wasm";
import { serveSqlite, type SqliteBuild } from "./sqlite-files.js";

serveSqlite({
  load: async () => (await init()) as unknown as SqliteBuild,
  pool: "bench-sqlite",
  pageBytes: 32_768,
});
