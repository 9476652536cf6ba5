/** VS Code's modules in Node. */
import { loadVscode, type VscodeModules } from "../../support/vscode-stack.js";

export function vscodeInNode(): Promise<VscodeModules> {
  return loadVscode((from, path) => {
    const name = from === "api" ? "api" : `${from}-service-override`;
    // Not a literal, so that the compiler does not read the package's own declarations.
    const module = `@codingame/monaco-vscode-${name}/vscode/${path}`;
    return import(/* @vite-ignore */ module) as Promise<unknown>;
  });
}
