/** What users of the package download at most, in bytes of minified code under brotli; a change that needs more says so in CHANGELOG.md. */
export const SIZE_LIMITS = {
  page: 20_500,
  zbox: 21_500,
  callback: 6_700,
  sync: 13_000,
  worker: 320_000,
  lz4: 2_000,
  zstd: 200_000,
};
