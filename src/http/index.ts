/** The public surface of `cofferfs/http`: files as HTTP responses, and the two halves of a service worker that gives them. */
export {
  fileResponse,
  type FileRequest,
  type FileResponseOptions,
  type ResponseFiles,
  type ResponseFs,
} from "./file-response.js";
export type { ResponseFile } from "./file-body.js";
export type { FileStats } from "./validators.js";
export {
  serveFiles,
  type FileServer,
  type QuestionSource,
  type ServeFilesOptions,
} from "./serve-files.js";
export {
  respondFromPage,
  type FetchEventLike,
  type PageClient,
  type RespondFromPageOptions,
  type ServiceWorkerScope,
} from "./respond-from-page.js";
