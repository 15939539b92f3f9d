/** Names of files in a ZIP, whatever somebody called them. */

import { beforeAll, describe, expect, test } from "vitest";

import { utf8, type Bytes } from "../bytes";
import { blake3, type Hash } from "../hashing";
import { fileName, SafeNames } from "./names";

let hash: Hash;

beforeAll(async () => {
  hash = await blake3();
});

function bytes(...values: number[]): Bytes {
  return new Uint8Array(values);
}

test.each(["plain.txt", "n\u00e4me", "\u202etxt.exe", "CON", "a:b", "...", "%41", "x".repeat(255)])(
  "%j stays as it is",
  (name) => {
    expect(new SafeNames(hash, false).give(utf8(name))).toBe(name);
  },
);

test("what is no text, and what would be a separator or a command, is written out", () => {
  const names = new SafeNames(hash, false);

  expect(names.give(bytes(0x61, 0xff, 0xfe, 0xc3, 0xa4))).toBe("a%FF%FE\u00e4");
  expect(names.give(utf8("..\\..\\evil"))).toBe("..%5C..%5Cevil");
  expect(names.give(utf8("new\nline\x1b[31m\x7f"))).toBe("new%0Aline%1B[31m%7F");
});

test("a name that was changed never takes the place of another", () => {
  const names = new SafeNames(hash, false);

  expect(names.give(bytes(0x61, 0xff))).toBe("a%FF");
  expect(names.give(utf8("a%FF"))).toBe("a%FF (2)");
});

test("what stands first in a path never leads out of the folder", () => {
  const names = new SafeNames(hash, true);

  expect(names.give(utf8(".."))).toBe("%2E%2E");
  expect(names.give(utf8("C:"))).toBe("C%3A");
  expect(names.give(utf8("report.pdf"))).toBe("report.pdf");
  expect(names.give(utf8("report.pdf"))).toBe("report (2).pdf");
});

test("a name that gets too long is cut, and two stay two", () => {
  const names = new SafeNames(hash, false);
  const long = new Uint8Array(255).fill(0xff);
  const other = long.slice();
  other[254] = 0xfe;

  const given = [names.give(long), names.give(other)];

  expect(given[0]).not.toBe(given[1]);
  expect(given.every((name) => utf8(name).length <= 255)).toBe(true);
});

describe("what a download is called", () => {
  test.each([
    ["report.pdf", "report.pdf"],
    ["a/b\\c:d", "a_b_c_d"],
    ["..", "download"],
    [".profile", "profile"],
    ["\u202egpj.exe", "_gpj.exe"],
    ["<b>\n", "_b__"],
  ])("%j is saved as %j", (name, saved) => {
    expect(fileName(name)).toBe(saved);
  });
});
