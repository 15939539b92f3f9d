import { expect, test } from "vitest";

import { addressOf, readPlace, type Place } from "./place";

const start: Place = {
  sequence: null,
  path: "",
  view: "files",
  search: "",
  file: null,
  since: null,
};

/** What the app reads from an address that it wrote. */
function readAgain(address: string): Place {
  const [way, search] = address.split("?", 2);
  const [, , , , sequence, path] = way!.split("/");
  return readPlace(sequence, path, search ?? "");
}

test("the newest moment has the shortest address", () => {
  expect(addressOf("/devices/ab", start)).toBe("/devices/ab");
  expect(addressOf("/devices/ab", { ...start, path: "L2E" })).toBe(
    "/devices/ab/snapshots/newest/L2E",
  );
});

test("a place comes back as it was written, whatever is looked for", () => {
  const place: Place = {
    sequence: 7,
    path: "L2E",
    view: "changes",
    search: "a&b=ü #?",
    file: "L2EvYg",
    since: 3,
  };

  expect(readAgain(addressOf("/devices/ab", place))).toEqual(place);
  expect(readAgain(addressOf("/devices/ab", { ...start, path: "L2E" }))).toEqual({
    ...start,
    path: "L2E",
  });
});

test("what makes no sense is left out", () => {
  expect(readPlace("x", undefined, "view=everything&since=-1")).toEqual(start);
});
