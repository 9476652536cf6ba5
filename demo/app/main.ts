/** The demo: two screens, one at a time. Locking goes back to the first and keeps nothing of the second. */
import { FilesScreen } from "./files/files-screen.js";
import { announce } from "./shared/announcer.js";
import { h } from "./shared/dom.js";
import { lockWords } from "./start/lock-words.js";
import { StartScreen, type LockedVault } from "./start/start-screen.js";
import type { Vault } from "./vault.js";

const app = document.getElementById("app");
if (app === null) throw new Error("BUG: the page has no #app");

function showStart(host: HTMLElement, locked?: LockedVault): void {
  document.title = "cofferfs demo";
  const screen = new StartScreen(locked, (vault) => {
    showFiles(host, vault);
  });
  host.replaceChildren(screen.element);
  screen.focus();
}

function showFiles(host: HTMLElement, vault: Vault): void {
  const screen = new FilesScreen(vault, (reason) => {
    const words = lockWords(vault.address.name, reason);
    showStart(host, { vault, words });
    announce(words);
  });
  document.title = `${vault.address.name} – cofferfs demo`;
  host.replaceChildren(screen.element);
  screen.start();
}

if (window.isSecureContext) {
  showStart(app);
} else {
  app.append(
    h(
      "main",
      { class: "start" },
      h("h1", {}, "This needs a secure page"),
      h("p", {}, "Browsers offer encryption and private storage only over https or on localhost."),
    ),
  );
}
