import { expect, test } from "vitest";

import { toBase64, toBase64Url, utf8 } from "./bytes";
import { childPath, crumbs, splitRoot } from "./paths";

const path = (text: string) => toBase64Url(utf8(text));
const name = (text: string) => toBase64(utf8(text));

test("an entry's path is its folder's path and its name", () => {
  expect(childPath("", name("/home/anna"))).toBe(path("/home/anna"));
  expect(childPath(path("/home/anna"), name("Öl.txt"))).toBe(path("/home/anna/Öl.txt"));
  expect(childPath(path("/"), name("etc"))).toBe(path("/etc"));
});

test("a name that is not text keeps its exact bytes", () => {
  const odd = new Uint8Array([0x66, 0xff, 0x6f]);

  expect(childPath(path("/a"), toBase64(odd))).toBe(
    toBase64Url(new Uint8Array([0x2f, 0x61, 0x2f, ...odd])),
  );
});

test("crumbs begin with the whole root and go down name by name", () => {
  const found = crumbs(path("/home/anna/a/b"), [name("/home/anna"), name("/home")]);

  expect(found.map((crumb) => crumb.text)).toEqual(["/home/anna", "a", "b"]);
  expect(found.at(-1)!.path).toBe(path("/home/anna/a/b"));
});

test("the root of the file system is a root like any other", () => {
  expect(crumbs(path("/etc/ssl"), [name("/")]).map((crumb) => crumb.text)).toEqual([
    "/",
    "etc",
    "ssl",
  ]);
});

test("a root is shown by its last name, and where that lies", () => {
  expect(splitRoot("/home/anna/Photos")).toEqual({ name: "Photos", place: "/home/anna" });
  expect(splitRoot("/srv")).toEqual({ name: "srv", place: "/" });
  expect(splitRoot("/")).toEqual({ name: "/", place: "" });
});
