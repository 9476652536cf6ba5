/** The page that measures: the bench's workloads (bench/) in the user's own browser. */
import { h } from "../shared/dom.js";
import { SpeedScreen } from "./speed-screen.js";

const app = document.getElementById("app");
if (app === null) throw new Error("BUG: the page has no #app");

app.append(
  window.isSecureContext
    ? new SpeedScreen().element
    : h("main", { class: "speed" }, h("h1", {}, "This needs a secure page: https or localhost.")),
);
