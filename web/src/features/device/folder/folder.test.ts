import { expect, test } from "vitest";

import type { ListingEntry } from "../../../api/client";
import type { FileVersion } from "../../../api/past";
import { doing, typedRow } from "./gridKeys";
import { nearestWith } from "./nearestWith";
import { BY_NAME, sorted, sortingAfter } from "./sorting";

function entry(name: string, more: Partial<ListingEntry> = {}): ListingEntry {
  const base = { name, name_bytes: btoa(name), kind: "file", size: 0, files: 1, mtime: 0, mode: 0 };
  return { ...base, ...more } as ListingEntry;
}

const names = (entries: ListingEntry[]) => entries.map((one) => one.name);

test("folders stand first, names count their numbers, and equal ones go by name", () => {
  const entries = [
    entry("b10", { size: 5, mtime: 1 }),
    entry("b9", { size: 5, mtime: 2 }),
    entry("z", { kind: "folder", size: 1 }),
    entry("a", { size: 7, mtime: 3 }),
  ];

  expect(names(sorted(entries, BY_NAME))).toEqual(["z", "a", "b9", "b10"]);
  expect(names(sorted(entries, { by: "size", descending: true }))).toEqual(["z", "a", "b9", "b10"]);
  expect(names(sorted(entries, { by: "time", descending: false }))).toEqual(["z", "b10", "b9", "a"]);
});

test("a column is sorted its own way first, then the other", () => {
  const bySize = sortingAfter(BY_NAME, "size");

  expect(bySize).toEqual({ by: "size", descending: true });
  expect(sortingAfter(bySize, "size")).toEqual({ by: "size", descending: false });
  expect(sortingAfter(BY_NAME, "name")).toEqual({ by: "name", descending: true });
});

const plain = { shiftKey: false, ctrlKey: false, metaKey: false, altKey: false };

/** In the fourth of ten rows, of which five fit in sight. */
const press = (key: string, more = {}) => doing({ ...plain, key, ...more }, 3, 10, 5);

test("keys move within the list, extend, tick, open and go up", () => {
  expect(press("ArrowDown")).toEqual({ kind: "move", to: 4, extend: false });
  expect(press("PageDown", { shiftKey: true })).toEqual({ kind: "move", to: 8, extend: true });
  expect(press("PageUp")).toEqual({ kind: "move", to: 0, extend: false });
  expect(press("End")).toEqual({ kind: "move", to: 9, extend: false });
  expect(press(" ")).toEqual({ kind: "tick" });
  expect(press("a", { ctrlKey: true })).toEqual({ kind: "tick-all" });
  expect(press("Enter")).toEqual({ kind: "open" });
  expect(press("Backspace")).toEqual({ kind: "up" });
  expect(press("x")).toEqual({ kind: "type", letter: "x" });
  expect(press("Tab")).toBeNull();
  expect(press("r", { ctrlKey: true })).toBeNull();
});

test("typing finds the next name, more letters narrow it, holes are passed over", () => {
  const listed = ["Anna", undefined, "Berta", "anton", "Bernd"];

  expect(typedRow(listed, "a", 0)).toBe(3);
  expect(typedRow(listed, "an", 3)).toBe(3);
  expect(typedRow(listed, "ann", 3)).toBe(0);
  expect(typedRow(listed, "b", 4)).toBe(2);
  expect(typedRow(listed, "x", 0)).toBe(-1);
});

function version(change: FileVersion["change"], sequence: number, until: number): FileVersion {
  return {
    change,
    sequence,
    received: sequence * 10,
    until_sequence: until,
    until_received: until * 10,
    kind: "folder",
    size: 0,
    mtime: 0,
    mode: 0,
    differs: [],
  };
}

test("what is not there is nearest in the past, else in the future", () => {
  const versions = [
    version("added", 9, 12),
    version("removed", 6, 8),
    version("changed", 4, 5),
    version("added", 2, 3),
  ];

  expect(nearestWith(versions, 7)).toEqual({ sequence: 5, received: 50 });
  expect(nearestWith(versions, 1)).toEqual({ sequence: 2, received: 20 });
  expect(nearestWith([version("removed", 6, 8)], 7)).toBeNull();
});
