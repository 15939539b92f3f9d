import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { problemClasses as german } from "./problemClasses.de";
import { problemClasses as english } from "./problemClasses.en";

const RULES = fileURLToPath(
  new URL("../../../src/csbackup/rules/problem_classes.py", import.meta.url),
);

/** The classes that the rules know, in the order in which they stand there. */
function classes(): string[] {
  const text = readFileSync(RULES, "utf8");
  const listed = /ProblemClass = Literal\[([^\]]*)\]/.exec(text)![1]!;
  return Array.from(listed.matchAll(/"([a-z-]+)"/g), ([, name]) => name!);
}

test("every class of problems that the rules know has words and advice, and no other", () => {
  expect(classes().length).toBeGreaterThan(20);
  expect(Object.keys(english).toSorted()).toEqual(classes().toSorted());
  expect(Object.keys(german).toSorted()).toEqual(classes().toSorted());
});
