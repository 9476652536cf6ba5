/** The libraries that people move in from, as one script: their packages are not made to be served file by file. */
export { default as LightningFS } from "@isomorphic-git/lightning-fs";
export { configureSingle, fs as zenFs } from "@zenfs/core";
export { IndexedDB } from "@zenfs/dom";
