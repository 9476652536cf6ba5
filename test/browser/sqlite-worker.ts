/** A page's worker with SQLite on a repo's file: takes a channel, then one job, and tells how it goes on. */
import sqlite3InitModule, { type Database } from "@sqlite.org/sqlite-wasm";
import { sqliteVfs, syncFs, type PostedSyncChannel, type SqliteModule } from "cofferfs/sync";
import { speedTests } from "./sqlite-speed.js";

export interface SqliteJob {
  readonly channel: PostedSyncChannel;
  readonly job: keyof typeof jobs;
  readonly path: string;
}

const jobs = {
  /** Every test of the list, by name in milliseconds. */
  speed(db: Database): Record<string, number> {
    const took: Record<string, number> = {};
    for (const { name, run } of speedTests) {
      const before = performance.now();
      run(db);
      took[name] = Math.round(performance.now() - before);
    }
    return took;
  },
  /** Sound, and how many transactions there are; of each the parts must be whole. */
  inspect(db: Database): unknown {
    db.exec(SCHEMA);
    return {
      integrity: db.selectValue("pragma integrity_check"),
      committed: db.selectValue("select count(*) from head"),
      broken: db.selectValue(
        `select count(*) from head left join (select head as id, count(*) as n, sum(length(text)) as bytes
         from part group by head) using (id) where n is not parts or bytes is not size`,
      ),
      strays: db.selectValue("select count(*) from part where head not in (select id from head)"),
    };
  },
  /** Transactions without end; the number of each is told when it is committed. */
  commitForEver(db: Database): void {
    db.exec(SCHEMA);
    db.exec("pragma cache_size = 20");
    for (let next = Number(db.selectValue("select count(*) from head")) + 1; ; next++) {
      db.exec("begin");
      let size = 0;
      const parts = 5 + (next % 60);
      for (let i = 0; i < parts; i++) {
        const text = `${next}/${i} `.repeat(1 + ((next * 31 + i * 7) % 400));
        size += text.length;
        db.exec({ sql: "insert into part values (?, ?, ?)", bind: [next, i, text] });
      }
      // Rows of older transactions move too.
      db.exec({ sql: "update head set touched = touched + 1 where id > ?", bind: [next - 20] });
      db.exec({ sql: "insert into head values (?, ?, ?, 0)", bind: [next, parts, size] });
      db.exec("commit");
      postMessage({ committed: next });
    }
  },
  /** Two connections keep out of each other's way. */
  locks(db: Database, open: () => Database): unknown {
    const log: unknown[] = [];
    const attempt = (step: () => unknown): void => {
      try {
        log.push(step() ?? "done");
      } catch (error) {
        log.push(/SQLITE_[A-Z]+/.exec(String(error))?.[0] ?? String(error));
      }
    };
    const other = open();
    db.exec("create table t (a); insert into t values (1)");
    db.exec("begin; insert into t values (2)");
    attempt(() => other.selectValue("select count(*) from t"));
    attempt(() => {
      other.exec("insert into t values (3)");
    });
    other.exec("begin; select * from t");
    attempt(() => {
      db.exec("commit");
    });
    other.exec("commit");
    attempt(() => {
      db.exec("commit");
    });
    attempt(() => other.selectValue("select count(*) from t"));
    other.close();
    return log;
  },
};

const SCHEMA = `create table if not exists head (id integer primary key, parts, size, touched);
  create table if not exists part (head, number, text);
  create index if not exists of_head on part (head, number);`;

self.onmessage = async ({ data: { channel, job, path } }: MessageEvent<SqliteJob>) => {
  try {
    const sqlite3 = await sqlite3InitModule();
    const vfs = sqliteVfs(sqlite3 as unknown as SqliteModule, syncFs(channel));
    const open = (): Database => new sqlite3.oo1.DB({ filename: path, flags: "c", vfs });
    const db = open();
    const result = jobs[job](db, open);
    db.close();
    postMessage({ result });
  } catch (error) {
    postMessage({ failed: String(error) });
  }
};
