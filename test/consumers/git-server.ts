/**
 * GitServer: the repositories of a folder over HTTP on the loopback address, by git's own `http-backend`, to which this is the web
 * server: a CGI program for each request. Pages of every origin may read it.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const OPEN_TO_ALL = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Allow-Headers": "*",
  "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
  "Cross-Origin-Resource-Policy": "cross-origin",
};

export class GitServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async serve(folder: string): Promise<GitServer> {
    const programs = execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim();
    if (!existsSync(join(programs, "git-http-backend")))
      throw new Error(`git has no http-backend in ${programs}; Debian's package "git" has it`);
    const server = createServer((request, response) => {
      answer(folder, request, response);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new GitServer(server);
  }

  url(name: string): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}/${name}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function answer(folder: string, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === "OPTIONS") {
    response.writeHead(204, OPEN_TO_ALL).end();
    return;
  }
  const { pathname, search } = new URL(request.url ?? "/", "http://127.0.0.1");
  const { "content-type": type = "", "content-encoding": encoding = "" } = request.headers;
  const program = spawn("git", ["http-backend"], {
    env: {
      ...process.env,
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_PROJECT_ROOT: folder,
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method ?? "GET",
      CONTENT_TYPE: type,
      HTTP_CONTENT_ENCODING: encoding,
      REMOTE_ADDR: "127.0.0.1",
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  // A program that has heard enough closes its input.
  program.stdin.on("error", () => undefined);
  request.pipe(program.stdin);
  const output: Buffer[] = [];
  program.stdout.on("data", (piece: Buffer) => output.push(piece));
  program.once("error", () => {
    response.writeHead(500, OPEN_TO_ALL).end();
  });
  program.once("close", () => {
    const all = Buffer.concat(output);
    const end = all.indexOf("\r\n\r\n");
    const headers = headersOf(all.subarray(0, Math.max(0, end)).toString("latin1"));
    const { Status: status = "200 OK", ...others } = headers;
    response.writeHead(end < 0 ? 500 : Number.parseInt(status, 10), { ...others, ...OPEN_TO_ALL });
    response.end(all.subarray(end + 4));
  });
}

function headersOf(text: string): Record<string, string> {
  const entries = text.split("\r\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return Object.fromEntries(entries.filter(([name]) => name !== ""));
}
