import { expect, test } from "vitest";

import { snapshot } from "../samples";
import { earlierChoices } from "./earlier";

test("each earlier moment is offered once, the one before first", () => {
  const moments = [1, 60, 95, 99, 100, 101].map((day) => snapshot(day));

  const choices = earlierChoices(moments, moments[4]!);

  expect(choices.map(({ kind, moment }) => [kind, moment.sequence])).toEqual([
    ["before", 99],
    ["week", 60],
    ["first", 1],
  ]);
});

test("before the oldest there is nothing to compare with", () => {
  const moments = [snapshot(1), snapshot(2)];

  expect(earlierChoices(moments, moments[0]!)).toEqual([]);
});
