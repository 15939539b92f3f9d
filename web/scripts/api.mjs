/**
 * Make `src/api/schema.d.ts` from the server's `openapi.json`; `--check` only says whether it is
 * current. The result is committed, so that the app builds where `openapi.json` is not.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";

import openapiTypescript, { astToString } from "openapi-typescript";

const contract = new URL("../../openapi.json", import.meta.url);
const target = new URL("../src/api/schema.d.ts", import.meta.url);
const note = "/** Made from openapi.json by `npm run api`; do not change by hand. */\n\n";

if (!existsSync(contract)) {
  process.stdout.write("openapi.json is not here; src/api/schema.d.ts stays as it is.\n");
  process.exit(0);
}

const types = note + astToString(await openapiTypescript(contract));
const isCurrent = existsSync(target) && readFileSync(target, "utf8") === types;
if (process.argv.includes("--check")) {
  if (!isCurrent) process.stderr.write("src/api/schema.d.ts is not current: npm run api\n");
  process.exit(isCurrent ? 0 : 1);
}
writeFileSync(target, types);
