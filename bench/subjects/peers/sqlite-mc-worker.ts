/** SQLite with SQLite3MultipleCiphers, ChaCha20-Poly1305 by a raw key, so that no key derivation is timed. */
import init from "@evolu/sqlite-wasm";
import { serveSqlite, type SqliteBuild } from "./sqlite-files.js";

serveSqlite({
  load: async () => (await init()) as SqliteBuild,
  pool: "bench-sqlite-mc",
  key: `raw:${"2a".repeat(32)}`,
  pageBytes: 16_384,
});
