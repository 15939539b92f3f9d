/** Modules that `vite.config.ts` makes, or that come without types. */

declare module "virtual:zstd-wasm" {
  /** The WebAssembly of zstddec, in base64. */
  export const zstdWasm: string;
}

declare module "@zxcvbn-ts/language-de/dist/commonWords.json.esm.js" {
  const words: string[];
  export default words;
}

declare module "@zxcvbn-ts/language-en/dist/commonWords.json.mjs" {
  const words: string[];
  export default words;
}

declare module "@zxcvbn-ts/language-common/dist/diceware.json.mjs" {
  const words: string[];
  export default words;
}
