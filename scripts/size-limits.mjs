/** What users of the package download at most, in bytes of minified code under brotli; a change that needs more says so in CHANGELOG.md. */
export const SIZE_LIMITS = {
  page: 26_000,
  zbox: 26_000,
  callback: 6_700,
  sync: 16_500,
  http: 6_500,
  transfer: 50_000,
  vscode: 12_000,
  worker: 320_000,
  lz4: 2_000,
  zstd: 200_000,
};
