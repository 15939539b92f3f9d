/** Modules that `vite.config.ts` makes. */

declare module "virtual:zstd-wasm" {
  /** The WebAssembly of zstddec, in base64. */
  export const zstdWasm: string;
}
