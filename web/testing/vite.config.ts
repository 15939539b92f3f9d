/** Builds the pages that only tests use, in the same way as the app. */

import { fileURLToPath } from "node:url";

import { defineConfig, mergeConfig } from "vite";

import app from "../vite.config";

const page = fileURLToPath(new URL("index.html", import.meta.url));

export default mergeConfig(
  app,
  defineConfig({
    root: fileURLToPath(new URL(".", import.meta.url)),
    publicDir: false,
    build: { rollupOptions: { input: page } },
  }),
);
