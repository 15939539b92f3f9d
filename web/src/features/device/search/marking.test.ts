import { expect, test } from "vitest";

import { marked } from "./marking";

const matched = (name: string, wanted: string) =>
  marked(name, wanted)
    .map((part) => (part.matched ? `[${part.text}]` : part.text))
    .join("");

test("what was looked for is marked, without case and accents", () => {
  expect(matched("Übersicht 2026.txt", "uber")).toBe("[Über]sicht 2026.txt");
  expect(matched("Budget.xlsx", "BUDGET")).toBe("[Budget].xlsx");
  expect(matched("Cafe\u0301 menu", "cafe")).toBe("[Cafe\u0301] menu");
});

test("a pattern, or what is not found, marks nothing", () => {
  expect(matched("notes.md", "*.md")).toBe("notes.md");
  expect(matched("notes.md", "zzz")).toBe("notes.md");
  expect(matched("notes.md", "")).toBe("notes.md");
});
