/** Who may import whom: features never meet, and nothing below reaches up. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const SOURCES = fileURLToPath(new URL("..", import.meta.url));

/** What each part may import, besides itself. */
const ALLOWED: Record<string, string[]> = {
  lib: [],
  words: [],
  api: ["lib"],
  ui: ["api", "lib", "words"],
  vault: ["api", "lib"],
  restoring: ["api", "lib", "ui", "vault", "words"],
  features: ["api", "lib", "restoring", "ui", "vault", "words"],
  app: ["api", "features", "lib", "restoring", "ui", "vault", "words"],
};

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

function imported(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/(?:from|import|import\()\s*"(\.[^"]+)"/g);
  return Array.from(found, ([, path]) => relative(SOURCES, resolve(dirname(file), path!)));
}

/** `features/door` for a feature, `lib` for a file of the library. */
function partOf(path: string): string {
  const [part, feature] = path.split("/");
  return part === "features" ? `features/${feature}` : part!;
}

test("imports run down, and features never meet", () => {
  const wrong = sources(SOURCES).flatMap((file) => {
    const from = relative(SOURCES, file);
    const mine = partOf(from);
    const allowed = ALLOWED[mine.split("/")[0]!]!;
    const bad = imported(file).filter((to) => {
      const theirs = partOf(to);
      return theirs !== mine && !allowed.includes(theirs.split("/")[0]!);
    });
    return bad.map((to) => `${from} imports ${to}`);
  });

  expect(wrong).toEqual([]);
});
