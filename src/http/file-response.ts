/** fileResponse: the answer to an HTTP request for a file, as a web server would give it, byte ranges and conditions included. */
import { byteRange } from "./byte-range.js";
import { failure, failureStatus } from "./failure.js";
import { fileBody, type ResponseFile } from "./file-body.js";
import { mediaType } from "./media-type.js";
import { attachment, safeHeaders } from "./safe-headers.js";
import {
  allowsRange,
  entityTag,
  failedCondition,
  isSettled,
  lastModifiedMs,
  settled,
  stateOf,
  type FileStats,
} from "./validators.js";

/** The files that are answered with: `repo.fs`, that of a snapshot, or anything else of this shape, `node:fs/promises` included. */
export interface ResponseFs {
  stat(path: string): Promise<FileStats>;
  open(path: string, flags: "r"): Promise<ResponseFile>;
}

/** Files, or what has them as `fs`: a repo, a snapshot. */
export type ResponseFiles = ResponseFs | { readonly fs: ResponseFs };

/** What is asked of a request. */
export type FileRequest = Pick<Request, "headers" | "method" | "url"> & {
  readonly signal?: AbortSignal | undefined;
};

export interface FileResponseOptions {
  /** The media type of a path. Default, also where it is undefined: by the end of the name, from a table. */
  readonly type?: ((path: string) => string | undefined) | undefined;
  /** Makes it a download, under this name, or with `true` that of the file. */
  readonly download?: boolean | string | undefined;
  /** The name of the file that stands for its directory, `"index.html"` say. Default: directories are not found. */
  readonly index?: string | undefined;
  /**
   * Lets HTML and SVG documents and scripts of these files run in the origin of the page, which may do all that the page may. Only
   * for files that nobody else has written. Default false: documents are sandboxed, scripts are text.
   */
  readonly trusted?: boolean | undefined;
  /** Headers beside those that are set, or in their place. */
  readonly headers?: HeadersInit | undefined;
}

/**
 * Answers a request for the file at `path`, a path of the file system and not of an address. GET and HEAD; with type, length, strong
 * ETag and Last-Modified, conditions (304, 412), and one byte range (206, 416; a request for several gets all of it).
 *
 * The body is read when it is asked for, in pieces of 256 KiB; cancelling it closes the file. It is of one state of
 * the file: if that is changed meanwhile, in content or attributes, the body fails with ESTALE, and its first part is
 * of the state before. A body that nobody reads holds nothing open.
 *
 * By default nothing of it is kept by caches (`no-store`), documents cannot run scripts or load anything, and
 * scripts are text; see `trusted`. Failures are responses, with nothing of the file in them: 404 for what is not there and for
 * directories, 403, 405, 423 for a locked repo, 503 for one that is closed, and 500.
 *
 * @throws the reason of the request's signal, if that is aborted before
 * @example
 * ```ts
 * import type { Repo } from "cofferfs";
 * import { fileResponse } from "cofferfs/http";
 *
 * export async function thumbnail(repo: Repo, path: string): Promise<ImageBitmap> {
 *   const response = await fileResponse(repo, path, new Request("/thumbnail"));
 *   return createImageBitmap(await response.blob(), { resizeWidth: 128 });
 * }
 * ```
 */
export async function fileResponse(
  files: ResponseFiles,
  path: string,
  request: FileRequest,
  options: FileResponseOptions = {},
): Promise<Response> {
  request.signal?.throwIfAborted();
  if (request.method !== "GET" && request.method !== "HEAD")
    return failure(405, request, { Allow: "GET, HEAD" });
  const fs = "fs" in files ? files.fs : files;
  try {
    const found = await find(fs, path);
    if (found.stats.isDirectory()) return await directoryResponse(fs, path, request, options);
    if (!found.stats.isFile()) return failure(404, request);
    return respond(fs, found, request, options);
  } catch (error) {
    return failure(failureStatus(error), request);
  }
}

interface FoundFile {
  readonly path: string;
  readonly stats: FileStats;
  readonly tag: string;
}

/** A file that was changed just now is looked at again when its tag can be strong. */
async function find(fs: ResponseFs, path: string, isFirstLook = true): Promise<FoundFile> {
  const askedMs = Date.now();
  const stats = await fs.stat(path);
  const isStrong = isSettled(stats, askedMs);
  if (isStrong || !isFirstLook) return { path, stats, tag: entityTag(stats, isStrong) };
  await settled(stats);
  return find(fs, path, false);
}

/** The address of a directory ends with a slash, or relative addresses in its index would be wrong. */
async function directoryResponse(
  fs: ResponseFs,
  path: string,
  request: FileRequest,
  options: FileResponseOptions,
): Promise<Response> {
  const { index, ...rest } = options;
  if (index === undefined) return failure(404, request);
  const { pathname, search } = new URL(request.url);
  if (pathname.endsWith("/"))
    return fileResponse(fs, `${path.replace(/\/$/, "")}/${index}`, request, rest);
  const headers = { Location: pathname + "/" + search, "Cache-Control": "no-store" };
  return new Response(null, { status: 308, headers });
}

function respond(
  fs: ResponseFs,
  file: FoundFile,
  request: FileRequest,
  options: FileResponseOptions,
): Response {
  const { path, stats, tag } = file;
  const modifiedMs = lastModifiedMs(stats);
  const condition = failedCondition(request.headers, tag, modifiedMs);
  if (condition === 412) return failure(412, request);
  const headers = headersOf(file, modifiedMs, options);
  if (condition === 304) {
    for (const name of ["Content-Type", "Content-Disposition"]) headers.delete(name);
    return new Response(null, { status: 304, statusText: "Not Modified", headers });
  }
  const { size } = stats;
  const asked =
    request.method === "GET" && allowsRange(request.headers, tag)
      ? byteRange(request.headers.get("Range"), size)
      : undefined;
  if (asked === "unsatisfiable")
    return failure(416, request, { "Content-Range": `bytes */${size}` });
  const { first, end } = asked ?? { first: 0, end: size };
  headers.set("Content-Length", String(end - first));
  if (asked !== undefined) headers.set("Content-Range", `bytes ${first}-${end - 1}/${size}`);
  const part = { first, end, state: stateOf(stats), open: () => fs.open(path, "r") };
  const isEmpty = request.method === "HEAD" || first === end;
  return new Response(isEmpty ? null : fileBody(part, request.signal), {
    headers,
    ...(asked === undefined
      ? { status: 200, statusText: "OK" }
      : { status: 206, statusText: "Partial Content" }),
  });
}

function headersOf(
  { path, tag }: FoundFile,
  modifiedMs: number,
  { type, download, trusted = false, headers }: FileResponseOptions,
): Headers {
  const given = type?.(path) ?? mediaType(path, trusted);
  const all = new Headers({
    ...safeHeaders(given, trusted),
    "Accept-Ranges": "bytes",
    "Content-Type": given,
    ETag: tag,
    "Last-Modified": new Date(modifiedMs).toUTCString(),
  });
  if (download !== undefined && download !== false) {
    const name = download === true ? path.slice(path.lastIndexOf("/") + 1) : download;
    all.set("Content-Disposition", attachment(name));
  }
  new Headers(headers).forEach((value, name) => {
    all.set(name, value);
  });
  return all;
}
