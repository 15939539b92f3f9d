/** How the app is built and its tests are run. */

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const WORTH_COMPRESSING = 1500;

/**
 * The WebAssembly of zstddec as a module of ours. The package fetches it from a `data:` address,
 * which the server's content security policy forbids.
 */
function zstdWasm(): Plugin {
  const name = "virtual:zstd-wasm";
  return {
    name: "zstd-wasm",
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined;
      const source = readFileSync(createRequire(import.meta.url).resolve("zstddec"), "utf8");
      const wasm = /const wasm = "([A-Za-z0-9+/=]+)"/.exec(source)?.[1];
      if (wasm === undefined) throw new Error("zstddec no longer holds its WebAssembly as expected.");
      return `export const zstdWasm = ${JSON.stringify(wasm)};`;
    },
  };
}

/** Compressed copies beside the finished files, which the server hands out as they are. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle)) {
        const path = join(dir!, name);
        const content = readFileSync(path);
        if (content.length >= WORTH_COMPRESSING) {
          writeFileSync(`${path}.br`, brotliCompressSync(content));
        }
      }
    },
  };
}

export default defineConfig({
  base: "./", // the same files are served by the server and by a device's own page
  plugins: [react(), zstdWasm(), compressed()],
  worker: { format: "es", plugins: () => [zstdWasm()] },
  build: {
    target: "es2022",
    assetsInlineLimit: 0, // nothing inline: the content security policy allows no `data:` scripts
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"], testTimeout: 20_000 },
});
