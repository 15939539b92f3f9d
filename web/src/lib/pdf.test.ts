import { expect, test } from "vitest";

import { PdfPage, wrap } from "./pdf";

async function textOf(file: Blob): Promise<string> {
  return new TextDecoder("latin1").decode(await file.arrayBuffer());
}

test("every object lies where the table at the end says", async () => {
  const page = new PdfPage();
  page.text(50, 60, 12, "mono", "ABCD");
  page.picture(50, 100, 10, 2, new Uint8Array([0, 255, 255, 0]));

  const file = await textOf(page.finish("Ein Blatt – für Łukasz"));

  const [, start] = /startxref\n(\d+)/.exec(file)!;
  expect(file.slice(Number(start)).startsWith("xref")).toBe(true);
  const places = Array.from(file.matchAll(/^(\d{10}) 00000 n /gm), ([, place]) => Number(place));
  expect(places.length).toBe(9);
  places.forEach((place, at) => expect(file.slice(place).startsWith(`${at + 1} 0 obj`)).toBe(true));
});

test("letters of western Europe are text, all others are refused", async () => {
  const page = new PdfPage();

  expect(page.text(0, 0, 12, "regular", "Grüße, „Anna“ – 5 €")).toBe(true);
  expect(page.text(0, 0, 12, "regular", "Łukasz")).toBe(false);
  expect(page.text(0, 0, 12, "regular", "日本")).toBe(false);

  expect(await textOf(page.finish("x"))).toContain("4772fcdf652c208441");
});

test("long lines are broken between words", () => {
  expect(wrap("one two three four", 9)).toEqual(["one two", "three", "four"]);
  expect(wrap("averyverylongword x", 5)).toEqual(["averyverylongword", "x"]);
});
