/**
 * A speed test of SQLite by the list of its own, speedtest1: inserts, indexed and unindexed, selects by range, text and
 * number, joins, updates, deletes, a vacuum, a big transaction and many small ones. The package has none of its own.
 */
import type { Database } from "@sqlite.org/sqlite-wasm";

export interface SpeedTest {
  readonly name: string;
  readonly run: (db: Database) => void;
}

const ROWS = 5000;
const NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

let state = 1;
/** The same numbers in every run. */
function random(below: number): number {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return (state >>> 8) % below;
}

function words(number: number): string {
  return Array.from(String(number), (digit) => NUMBERS[Number(digit)]).join(" ");
}

function inTransaction(db: Database, work: () => void): void {
  db.exec("begin");
  work();
  db.exec("commit");
}

function insertAll(db: Database, table: string, rows: number, value: (i: number) => number): void {
  const statement = db.prepare(`insert into ${table} values (?, ?, ?)`);
  for (let i = 1; i <= rows; i++) {
    const b = value(i);
    statement.bind([i, b, words(b)]).stepReset();
  }
  statement.finalize();
}

/** The sum of what a query gives for many bindings, so that none of it is optimized away. */
function query(db: Database, sql: string, times: number, bind: () => (string | number)[]): void {
  const statement = db.prepare(sql);
  for (let i = 0; i < times; i++) {
    const values = bind();
    if (values.length > 0) statement.bind(values);
    while (statement.step()) statement.get(0);
    statement.reset();
  }
  statement.finalize();
}

function range(span: number): () => [number, number] {
  return () => {
    const from = random(ROWS);
    return [from, from + span];
  };
}

export const speedTests: readonly SpeedTest[] = [
  {
    name: "100 inserts, each a transaction",
    run(db) {
      db.exec("create table t1 (a integer, b integer, c text)");
      insertAll(db, "t1", 100, () => random(ROWS));
    },
  },
  {
    name: "inserts without index",
    run(db) {
      inTransaction(db, () => {
        insertAll(db, "t1", ROWS, () => random(ROWS));
      });
    },
  },
  {
    name: "inserts in order, by primary key",
    run(db) {
      inTransaction(db, () => {
        db.exec("create table t2 (a integer primary key, b integer, c text)");
        insertAll(db, "t2", ROWS, (i) => i);
      });
    },
  },
  {
    name: "inserts in no order, with unique index",
    run(db) {
      inTransaction(db, () => {
        db.exec("create table t3 (a integer, b integer, c text); create unique index i3 on t3 (a)");
        const statement = db.prepare("insert or replace into t3 values (?, ?, ?)");
        for (let i = 0; i < ROWS; i++) {
          const b = random(10 * ROWS);
          statement.bind([b, i, words(b)]).stepReset();
        }
        statement.finalize();
      });
    },
  },
  {
    name: "selects by range, unindexed",
    run(db) {
      query(db, "select count(*), avg(b) from t1 where b between ? and ?", 20, range(500));
    },
  },
  {
    name: "selects by text, unindexed",
    run(db) {
      query(db, "select count(*), avg(b) from t1 where c like ?", 20, () => [
        `%${words(random(100))}%`,
      ]);
    },
  },
  {
    name: "selects in another order",
    run(db) {
      query(db, "select a, b, c from t1 where c like ? order by a limit 10", 10, () => [
        `%${words(random(100))}%`,
      ]);
    },
  },
  {
    name: "indices made",
    run(db) {
      inTransaction(db, () => {
        db.exec(
          "create index i1b on t1 (b); create index i1c on t1 (c); create index i2b on t2 (b)",
        );
      });
    },
  },
  {
    name: "selects by range, indexed",
    run(db) {
      query(db, "select count(*), avg(b) from t1 where b between ? and ?", 1000, range(20));
    },
  },
  {
    name: "selects by text, indexed",
    run(db) {
      query(db, "select count(*), avg(b) from t1 where c between ? and ? || 'z'", 1000, () => {
        const text = words(random(ROWS));
        return [text, text];
      });
    },
  },
  {
    name: "inserts from a select",
    run(db) {
      inTransaction(db, () => {
        db.exec("create table t4 as select * from t1 order by b; create index i4 on t4 (b, a)");
      });
    },
  },
  {
    name: "joins",
    run(db) {
      query(
        db,
        "select count(t1.c) from t1 join t2 on t1.b = t2.a join t4 on t4.b = t2.b where t1.b between ? and ?",
        50,
        range(100),
      );
    },
  },
  {
    name: "updates by range, indexed",
    run(db) {
      inTransaction(db, () => {
        query(db, "update t2 set b = b + 7 where a between ? and ?", 500, range(10));
      });
    },
  },
  {
    name: "updates one by one",
    run(db) {
      inTransaction(db, () => {
        query(db, "update t2 set c = c || '!' where a = ?", ROWS, () => [random(ROWS)]);
      });
    },
  },
  {
    name: "update of every row",
    run(db) {
      db.exec("update t1 set b = b + 1, c = c || ' more'");
    },
  },
  {
    name: "deletes by range",
    run(db) {
      inTransaction(db, () => {
        query(db, "delete from t2 where a between ? and ?", 100, range(10));
      });
    },
  },
  {
    name: "a rollback",
    run(db) {
      const count = (): unknown => db.selectValue("select count(*) from t3");
      const before = count();
      db.exec("begin; delete from t3; insert into t1 select * from t1; rollback");
      if (count() !== before) throw new Error("the rollback left something behind");
    },
  },
  {
    name: "a refill after deleting all",
    run(db) {
      inTransaction(db, () => {
        db.exec("delete from t4; insert into t4 select * from t1");
      });
    },
  },
  {
    name: "large values",
    run(db) {
      inTransaction(db, () => {
        db.exec("create table t5 (a integer primary key, b blob)");
        const statement = db.prepare("insert into t5 values (?, zeroblob(?))");
        for (let i = 1; i <= 50; i++) statement.bind([i, 10_000 + random(200_000)]).stepReset();
        statement.finalize();
        db.exec("update t5 set b = randomblob(length(b)) where a % 5 = 0");
      });
    },
  },
  {
    name: "a sort larger than the cache",
    run(db) {
      db.exec("pragma temp_store = file; pragma cache_size = 50");
      query(db, "select c from t1 union select c || a from t4 order by 1 desc", 1, () => []);
      db.exec("pragma cache_size = 2000");
    },
  },
  {
    name: "20 updates, each a transaction",
    run(db) {
      query(db, "update t2 set b = b - 1 where a = ?", 20, () => [random(ROWS)]);
    },
  },
  {
    name: "vacuum",
    run(db) {
      db.exec("vacuum");
    },
  },
  {
    name: "integrity check",
    run(db) {
      const found = db.selectValue("pragma integrity_check");
      if (found !== "ok") throw new Error(JSON.stringify(found));
    },
  },
];
