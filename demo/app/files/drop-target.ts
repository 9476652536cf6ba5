/**
 * Drops: anything with `data-drop-path` takes rows (moved there) and files from outside (imported
 * there). One set of listeners serves list, tree and path alike.
 */
import { DRAG_TYPE } from "./folder-list.js";

export interface DropActions {
  /** Rows were dropped on `folder`. */
  move(folder: string): void;
  /** Files from outside were dropped on `folder`. Must read `data` before it returns. */
  bringIn(folder: string, data: DataTransfer): void;
}

export function acceptDrops(element: HTMLElement, actions: DropActions): void {
  let marked: HTMLElement | undefined;
  const mark = (target: HTMLElement | undefined): void => {
    if (marked === target) return;
    marked?.classList.remove("drop-target");
    target?.classList.add("drop-target");
    marked = target;
  };
  element.addEventListener("dragover", (event) => {
    const target = dropTarget(event.target);
    const { dataTransfer } = event;
    if (target === undefined || dataTransfer === null || !isWelcome(dataTransfer)) return;
    event.preventDefault();
    dataTransfer.dropEffect = dataTransfer.types.includes(DRAG_TYPE) ? "move" : "copy";
    mark(target);
  });
  element.addEventListener("dragleave", (event) => {
    if (!(event.relatedTarget instanceof Node) || !element.contains(event.relatedTarget))
      mark(undefined);
  });
  element.addEventListener("dragend", () => {
    mark(undefined);
  });
  element.addEventListener("drop", (event) => {
    mark(undefined);
    const folder = dropTarget(event.target)?.dataset["dropPath"];
    const { dataTransfer } = event;
    if (folder === undefined || dataTransfer === null || !isWelcome(dataTransfer)) return;
    event.preventDefault();
    if (dataTransfer.types.includes(DRAG_TYPE)) actions.move(folder);
    else actions.bringIn(folder, dataTransfer);
  });
}

function isWelcome(data: DataTransfer): boolean {
  return data.types.includes(DRAG_TYPE) || data.types.includes("Files");
}

function dropTarget(target: EventTarget | null): HTMLElement | undefined {
  if (!(target instanceof Element)) return undefined;
  return target.closest<HTMLElement>("[data-drop-path]") ?? undefined;
}
