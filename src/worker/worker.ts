/**
 * The worker's script, for both of its roles: hosting a repo's engine, and deriving keys. Import it from
 * nowhere; it is what `new Worker()` is given (README, "Bundlers").
 */
import { expose } from "comlink";
import { announceLife } from "./alive-lock.js";
import { RepoHost } from "./repo-host.js";
import { sendWholeErrors } from "./wire-errors.js";

sendWholeErrors();
expose(new RepoHost());
announceLife();
