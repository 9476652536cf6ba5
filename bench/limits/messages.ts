/** What can be asked of the worker that measures limits. */
import type { Cipher, Figure } from "../messages.js";

export type LimitRequest =
  | {
      readonly kind: "pipeline";
      readonly cipher: Cipher;
      readonly unitBytes: number;
      readonly totalBytes: number;
    }
  | { readonly kind: "file creation"; readonly files: number; readonly limitMs: number }
  | { readonly kind: "flush pairs"; readonly pairs: number; readonly limitMs: number }
  | { readonly kind: "rows"; readonly totalBytes: number }
  | {
      readonly kind: "random rows";
      readonly totalBytes: number;
      readonly gets: number;
      readonly limitMs: number;
    };

export type LimitAnswer = { readonly figures: Figure[] } | { readonly error: string };
