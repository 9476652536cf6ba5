/**
 * The tree of folders: an ARIA tree that reads a folder when it is expanded. One item is focusable at a
 * time; arrows walk what is visible.
 */
import type { Repo } from "cofferfs";
import { h } from "../shared/dom.js";
import { formatCount } from "../shared/format.js";
import { icon } from "../shared/icons.js";
import { joinPath, lineage, nameOf, parentOf, ROOT } from "../shared/paths.js";

/** A folder with more subfolders than this shows the rest in the list only. */
const MAX_CHILDREN = 500;

const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

interface TreeNode {
  readonly path: string;
  readonly item: HTMLElement;
  readonly group: HTMLElement;
  /** Undefined until read. */
  children: readonly string[] | undefined;
}

export class FolderTree {
  readonly element: HTMLElement;
  readonly #repo: Repo;
  readonly #open: (path: string) => void;
  readonly #nodes = new Map<string, TreeNode>();
  #current = ROOT;
  #focused = ROOT;

  constructor(repo: Repo, vaultName: string, open: (path: string) => void) {
    this.#repo = repo;
    this.#open = open;
    this.element = h("ul", {
      class: "tree",
      testId: "tree",
      attributes: { role: "tree", "aria-label": "Folders" },
      on: {
        click: (event) => {
          this.#click(event);
        },
        keydown: (event) => {
          if (this.#key(event)) event.preventDefault();
        },
      },
    });
    const root = this.#makeNode(ROOT, vaultName);
    this.element.append(root.item);
    this.#setFocused(ROOT);
  }

  /** Marks `path` as the folder shown, and opens the way to it. */
  async reveal(path: string): Promise<void> {
    this.#current = path;
    for (const ancestor of lineage(path).slice(0, -1)) await this.#expand(ancestor);
    if (path === ROOT) await this.#expand(ROOT);
    for (const node of this.#nodes.values()) {
      const isCurrent = node.path === this.#current;
      node.item.setAttribute("aria-selected", String(isCurrent));
    }
    if (!this.element.contains(document.activeElement)) this.#setFocused(path);
    this.#nodes.get(path)?.item.querySelector(".tree-label")?.scrollIntoView({ block: "nearest" });
  }

  focus(): void {
    this.#nodes.get(this.#focused)?.item.focus();
  }

  /** Reads again those of the folders that were read before. */
  async refresh(folders: ReadonlySet<string> | "all"): Promise<void> {
    // Those above come first: what they have lost is no node any more when its turn comes.
    const paths = folders === "all" ? [...this.#nodes.keys()].toSorted() : folders;
    for (const path of paths) {
      const node = this.#nodes.get(path);
      if (node?.children !== undefined) await this.#read(node);
    }
  }

  #makeNode(path: string, label: string): TreeNode {
    const group = h("ul", { attributes: { role: "group" } });
    group.hidden = true;
    const labelElement = h(
      "div",
      { class: "tree-label" },
      h("span", { class: "tree-twist" }, icon("chevron")),
      icon("folder"),
      h("span", { class: "tree-name" }, label),
    );
    labelElement.style.paddingInlineStart = `${String(Math.min(lineage(path).length - 1, 12) * 14 + 4)}px`;
    labelElement.dataset["dropPath"] = path;
    const item = h(
      "li",
      {
        class: "tree-item",
        testId: "tree-item",
        attributes: {
          role: "treeitem",
          "aria-expanded": "false",
          "aria-selected": "false",
          "aria-label": label,
          tabindex: -1,
        },
      },
      labelElement,
      group,
    );
    item.dataset["path"] = path;
    const node: TreeNode = { path, item, group, children: undefined };
    this.#nodes.set(path, node);
    return node;
  }

  async #expand(path: string): Promise<void> {
    const node = this.#nodes.get(path);
    if (node === undefined) return;
    if (node.children === undefined) await this.#read(node);
    node.item.setAttribute("aria-expanded", "true");
    node.group.hidden = false;
  }

  #collapse(path: string): void {
    const node = this.#nodes.get(path);
    if (node === undefined) return;
    node.item.setAttribute("aria-expanded", "false");
    node.group.hidden = true;
  }

  async #read(node: TreeNode): Promise<void> {
    const entries = await this.#repo.fs.readdir(node.path, { withFileTypes: true }).catch(() => []);
    const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const shown = names.sort((a, b) => collator.compare(a, b)).slice(0, MAX_CHILDREN);
    const children = shown.map((name) => joinPath(node.path, name));
    for (const gone of (node.children ?? []).filter((path) => !children.includes(path)))
      this.#forget(gone);
    node.children = children;
    node.item.classList.toggle("tree-leaf", children.length === 0);
    const items = children.map(
      (path) => (this.#nodes.get(path) ?? this.#makeNode(path, nameOf(path))).item,
    );
    const more = names.length - shown.length;
    const rest =
      more > 0
        ? [h("li", { class: "tree-more" }, `and ${formatCount(more)} more, see the list`)]
        : [];
    const focused = document.activeElement;
    node.group.replaceChildren(...items, ...rest);
    if (focused instanceof HTMLElement && this.element.contains(focused)) focused.focus();
  }

  #forget(path: string): void {
    for (const known of [...this.#nodes.keys()]) {
      if (known === path || known.startsWith(`${path}/`)) this.#nodes.delete(known);
    }
    if (!this.#nodes.has(this.#focused)) this.#setFocused(parentOf(path));
  }

  #setFocused(path: string): void {
    this.#nodes.get(this.#focused)?.item.setAttribute("tabindex", "-1");
    this.#focused = this.#nodes.has(path) ? path : ROOT;
    this.#nodes.get(this.#focused)?.item.setAttribute("tabindex", "0");
  }

  #click(event: MouseEvent): void {
    if (!(event.target instanceof Element)) return;
    const path = event.target.closest<HTMLElement>(".tree-item")?.dataset["path"];
    if (path === undefined) return;
    if (event.target.closest(".tree-twist") !== null) void this.#toggle(path);
    else {
      this.#moveTo(path);
      this.#open(path);
    }
  }

  async #toggle(path: string): Promise<void> {
    if (this.#isExpanded(path)) this.#collapse(path);
    else await this.#expand(path);
  }

  #isExpanded(path: string): boolean {
    return this.#nodes.get(path)?.item.getAttribute("aria-expanded") === "true";
  }

  #key(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const visible = this.#visiblePaths();
    const index = visible.indexOf(this.#focused);
    switch (event.key) {
      case "ArrowDown":
        this.#moveTo(visible[index + 1]);
        return true;
      case "ArrowUp":
        this.#moveTo(visible[index - 1]);
        return true;
      case "Home":
        this.#moveTo(visible[0]);
        return true;
      case "End":
        this.#moveTo(visible.at(-1));
        return true;
      case "ArrowRight":
        if (this.#isExpanded(this.#focused))
          this.#moveTo(this.#nodes.get(this.#focused)?.children?.[0]);
        else void this.#expand(this.#focused);
        return true;
      case "ArrowLeft":
        if (this.#isExpanded(this.#focused)) this.#collapse(this.#focused);
        else if (this.#focused !== ROOT) this.#moveTo(parentOf(this.#focused));
        return true;
      case "Enter":
      case " ":
        this.#open(this.#focused);
        return true;
      default:
        return false;
    }
  }

  #moveTo(path: string | undefined): void {
    if (path === undefined) return;
    this.#setFocused(path);
    this.#nodes.get(this.#focused)?.item.focus({ preventScroll: true });
    this.#nodes.get(this.#focused)?.item.firstElementChild?.scrollIntoView({ block: "nearest" });
  }

  #visiblePaths(from = ROOT): string[] {
    const node = this.#nodes.get(from);
    if (node === undefined) return [];
    if (!this.#isExpanded(from)) return [from];
    return [from, ...(node.children ?? []).flatMap((child) => this.#visiblePaths(child))];
  }
}
