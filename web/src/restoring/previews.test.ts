import { expect, test } from "vitest";

import { canPreview, mannerOf } from "./previews";
import { readText } from "./text";

const file = (name: string, size = 10) =>
  ({ path: "", name, kind: "file", size, files: 1 }) as const;

test("markup is text, whatever its ending looks like", () => {
  for (const name of ["page.html", "PAGE.HTM", "drawing.svg", "feed.xml", "x.xhtml"]) {
    expect(mannerOf(name), name).toBe("text");
  }
});

test("pictures, sound, film and PDF are shown as what they are", () => {
  const manners = ["a.png", "b.tar.JPG", "c.flac", "d.mp4", "e.pdf", "f.exe"].map(mannerOf);

  expect(manners).toEqual(["image", "image", "audio", "video", "pdf", null]);
});

test("a name without ending may be text, when it is small", () => {
  expect(canPreview(file("README"))).toBe(true);
  expect(canPreview(file(".profile"))).toBe(true);
  expect(canPreview(file("README", 5_000_000))).toBe(false);
  expect(canPreview(file("program.exe"))).toBe(false);
  expect(canPreview({ ...file("pictures.png"), kind: "folder" })).toBe(false);
});

test("a large picture is offered, so that one is told why it is not shown", () => {
  expect(canPreview(file("huge.png", 900_000_000))).toBe(true);
});

const bytes = (...all: number[]) => new Uint8Array(all);

test("text is UTF-8, UTF-16 by its mark, else Windows-1252", () => {
  expect(readText(new TextEncoder().encode("Übersicht €"))).toEqual({
    text: "Übersicht €",
    encoding: null,
    cut: false,
  });
  expect(readText(bytes(0xff, 0xfe, 0x41, 0x00))?.text).toBe("A");
  expect(readText(bytes(0xfe, 0xff, 0x00, 0x41))?.encoding).toBe("UTF-16BE");
  expect(readText(bytes(0xdc, 0x62))).toEqual({ text: "Üb", encoding: "Windows-1252", cut: false });
});

test("what holds a zero byte is no text", () => {
  expect(readText(bytes(0x7f, 0x45, 0x4c, 0x46, 0))).toBeNull();
});

test("a long text is cut, and says so", () => {
  const long = readText(new Uint8Array(1_000_001).fill(0x61))!;

  expect(long.text).toHaveLength(1_000_000);
  expect(long.cut).toBe(true);
});
