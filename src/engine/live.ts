/** Live: the published state, and what of it waits for the next commit. */
import type { FileState } from "./file-view.js";
import { Window } from "./window.js";

export class Live {
  state: FileState;
  window = new Window();

  constructor(state: FileState) {
    this.state = state;
  }
}
