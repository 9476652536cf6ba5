/**
 * SqliteFiles: files in an SQLite database in a worker, on its pool of access handles (`opfs-sahpool`), as somebody
 * would keep them who has decided for SQLite: small files one row, large ones rows of 4 KiB so that parts can be
 * read and written. Not synced at each commit, which is what cofferfs's `relaxed` is held against.
 */
import { serve } from "../worker/serve.js";
import type { ImportedFile } from "../worker/messages.js";

/** What is used of SQLite's own module, in the encrypting build too. */
export interface SqliteBuild {
  readonly oo1: { readonly DB: new (options: { filename: string; vfs?: string }) => Database };
  readonly capi: { sqlite3mc_vfs_create?(vfs: string, makeDefault: number): number };
  installOpfsSAHPoolVfs(options: { name: string; initialCapacity: number }): Promise<Pool>;
}

interface Pool {
  wipeFiles(): Promise<void>;
  exportFile(path: string): Uint8Array;
}

interface Statement {
  bind(values: readonly unknown[]): Statement;
  step(): boolean;
  get(column: number): unknown;
  getBlob(column: number): Uint8Array<ArrayBuffer> | null;
  reset(): Statement;
  finalize(): void;
}

interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

export interface SqliteSetting {
  readonly load: () => Promise<SqliteBuild>;
  readonly pool: string;
  /** Runs before the first statement. */
  readonly key?: string;
  readonly pageBytes: number;
}

const PIECE_BYTES = 4096;
/** Content up to this size is in its file's row. */
const INLINE_BYTES = 1024 * 1024;
const ENTRIES_PER_TRANSACTION = 250;
const HANDLES = 6;
const PATH = "/files.db";
/** How databases begin that are not encrypted. */
const MAGIC = "SQLite format 3";

const SCHEMA = `
  create table if not exists entry
    (id integer primary key, folder text, name text, size integer, content blob, unique (folder, name));
  create table if not exists piece (file integer, number integer, bytes blob, primary key (file, number));
`;

class Statements {
  readonly #database: Database;
  readonly #prepared = new Map<string, Statement>();

  constructor(database: Database) {
    this.#database = database;
  }

  run(sql: string, ...values: readonly unknown[]): void {
    this.#with(sql, values, (statement) => statement.step());
  }

  /** The first column of every row. */
  column(sql: string, ...values: readonly unknown[]): unknown[] {
    return this.#with(sql, values, (statement) => {
      const found: unknown[] = [];
      while (statement.step()) found.push(statement.get(0));
      return found;
    });
  }

  number(sql: string, ...values: readonly unknown[]): number {
    const [found] = this.column(sql, ...values);
    if (typeof found !== "number") throw new Error("no such file");
    return found;
  }

  blobs(sql: string, ...values: readonly unknown[]): Uint8Array<ArrayBuffer>[] {
    return this.#with(sql, values, (statement) => {
      const found: Uint8Array<ArrayBuffer>[] = [];
      while (statement.step()) found.push(statement.getBlob(0) ?? new Uint8Array());
      return found;
    });
  }

  finalize(): void {
    for (const statement of this.#prepared.values()) statement.finalize();
    this.#prepared.clear();
  }

  #with<T>(sql: string, values: readonly unknown[], use: (statement: Statement) => T): T {
    const statement = this.#prepared.get(sql) ?? this.#database.prepare(sql);
    this.#prepared.set(sql, statement);
    try {
      return use(values.length === 0 ? statement : statement.bind(values));
    } finally {
      statement.reset();
    }
  }
}

class SqliteFiles {
  readonly #database: Database;
  readonly #sql: Statements;

  constructor(database: Database, setting: SqliteSetting) {
    this.#database = database;
    this.#sql = new Statements(database);
    if (setting.key !== undefined) database.exec(`pragma key = '${setting.key}'`);
    database.exec(`
      pragma page_size = ${setting.pageBytes};
      pragma locking_mode = exclusive;
      pragma journal_mode = truncate;
      pragma synchronous = off;
      pragma cache_size = -65536;
    `);
    database.exec(SCHEMA);
  }

  open(path: string): number {
    const [folder, name] = split(path);
    this.#sql.run(
      "insert or ignore into entry (folder, name, size, content) values (?, ?, 0, null)",
      folder,
      name,
    );
    return this.#sql.number("select id from entry where folder = ? and name = ?", folder, name);
  }

  write(file: number, bytes: Uint8Array, at: number): void {
    if (at % PIECE_BYTES !== 0 || bytes.length % PIECE_BYTES !== 0)
      throw new Error("the bench writes whole blocks");
    this.transaction(() => {
      for (let done = 0; done < bytes.length; done += PIECE_BYTES)
        this.#sql.run(
          "insert or replace into piece values (?, ?, ?)",
          file,
          (at + done) / PIECE_BYTES,
          bytes.subarray(done, done + PIECE_BYTES),
        );
    });
  }

  read(file: number, length: number, at: number): Uint8Array<ArrayBuffer> {
    const first = at / PIECE_BYTES;
    const pieces = this.#sql.blobs(
      "select bytes from piece where file = ? and number >= ? and number < ? order by number",
      file,
      first,
      first + length / PIECE_BYTES,
    );
    const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let done = 0;
    for (const piece of pieces) {
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes;
  }

  writeFile(path: string, bytes: Uint8Array): void {
    if (bytes.length > INLINE_BYTES) throw new Error("the bench writes large files in pieces");
    this.#sql.run(
      `insert into entry (folder, name, size, content) values (?, ?, ?, ?)
       on conflict (folder, name) do update set size = excluded.size, content = excluded.content`,
      ...split(path),
      bytes.length,
      bytes,
    );
  }

  readFile(path: string): Uint8Array<ArrayBuffer> {
    const [content] = this.#sql.blobs(
      "select content from entry where folder = ? and name = ?",
      ...split(path),
    );
    if (content === undefined) throw new Error("no such file");
    return content;
  }

  stat(path: string): number {
    return this.#sql.number("select size from entry where folder = ? and name = ?", ...split(path));
  }

  readdir(path: string): string[] {
    return this.#sql.column("select name from entry where folder = ?", path).map(String);
  }

  mkdir(path: string): void {
    this.#sql.run("insert into entry (folder, name) values (?, ?)", ...split(path));
  }

  unlink(path: string): void {
    const [folder, name] = split(path);
    this.#sql.run("delete from entry where folder = ? and name = ?", folder, name);
  }

  importFiles(folders: readonly string[], files: readonly ImportedFile[]): void {
    this.transaction(() => {
      for (const folder of folders) this.mkdir(folder);
    });
    for (let first = 0; first < files.length; first += ENTRIES_PER_TRANSACTION)
      this.transaction(() => {
        for (const { path, bytes } of files.slice(first, first + ENTRIES_PER_TRANSACTION))
          this.writeFile(path, bytes);
      });
  }

  transaction(work: () => void): void {
    this.#sql.run("begin");
    try {
      work();
      this.#sql.run("commit");
    } catch (error) {
      this.#sql.run("rollback");
      throw error;
    }
  }

  close(): void {
    this.#sql.finalize();
    this.#database.close();
  }
}

function split(path: string): [folder: string, name: string] {
  const cut = path.lastIndexOf("/");
  return [path.slice(0, cut), path.slice(cut + 1)];
}

function isPlain(database: Uint8Array): boolean {
  return new TextDecoder("latin1").decode(database.subarray(0, MAGIC.length)) === MAGIC;
}

/** Serves the subject from this worker. */
export function serveSqlite(setting: SqliteSetting): void {
  let files: SqliteFiles | undefined;
  const the = (): SqliteFiles => {
    if (files === undefined) throw new Error("not open");
    return files;
  };
  const start = async (wipe: boolean): Promise<void> => {
    const sqlite3 = await setting.load();
    const pool = await sqlite3.installOpfsSAHPoolVfs({
      name: setting.pool,
      initialCapacity: HANDLES,
    });
    if (wipe) await pool.wipeFiles();
    const encrypts = setting.key !== undefined;
    if (encrypts) sqlite3.capi.sqlite3mc_vfs_create?.(setting.pool, 0);
    const vfs = encrypts ? `multipleciphers-${setting.pool}` : setting.pool;
    files = new SqliteFiles(new sqlite3.oo1.DB({ filename: PATH, vfs }), setting);
    if (encrypts === isPlain(pool.exportFile(PATH))) throw new Error("encrypted or not after all");
  };
  serve({
    create: () => start(true),
    reopen: () => start(false),
    async destroy() {
      const root = await navigator.storage.getDirectory();
      await root.removeEntry(`.${setting.pool}`, { recursive: true }).catch(() => undefined);
    },
    open: (path) => the().open(path),
    read: (file, length, at) => the().read(file, length, at),
    write(file, bytes, at) {
      the().write(file, bytes, at);
    },
    syncFile: () => undefined,
    closeFile: () => undefined,
    writeFile(path, bytes) {
      the().writeFile(path, bytes);
    },
    readFile: (path) => the().readFile(path),
    stat: (path) => the().stat(path),
    readdir: (path) => the().readdir(path),
    mkdir(path) {
      the().mkdir(path);
    },
    unlink(path) {
      the().unlink(path);
    },
    sync: () => undefined,
    close() {
      the().close();
    },
    importFiles(folders, entries) {
      the().importFiles(folders, entries);
    },
  });
}
