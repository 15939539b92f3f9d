import { expect, test } from "vitest";

import { toBase64, toBase64Url, utf8 } from "../../../lib/bytes";
import { entryAt, nameAndFolder } from "./paths";

const path = (text: string) => toBase64Url(utf8(text));

test("a path is its last name and the folder it lies in", () => {
  expect(nameAndFolder(path("/home/ada/Größe.txt"))).toEqual({
    name: "Größe.txt",
    folder: path("/home/ada"),
    text: "/home/ada/Größe.txt",
  });
  expect(nameAndFolder(path("/etc")).folder).toBe("");
});

test("what somebody typed into the address is a path of no name", () => {
  expect(nameAndFolder("%")).toEqual({ name: "", folder: "", text: "" });
});

test("an entry of a folder is known by its name, a root by its whole path", () => {
  expect(entryAt(path("/home"), path("/home/ada"))).toBe(toBase64(utf8("ada")));
  expect(entryAt(path("/home"), path("/home/ada/notes"))).toBeNull();
  expect(entryAt("", path("/home/ada"))).toBe(toBase64(utf8("/home/ada")));
});
