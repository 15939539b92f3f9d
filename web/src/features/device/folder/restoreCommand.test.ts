import { expect, test } from "vitest";

import { toBase64Url, utf8 } from "../../../lib/bytes";
import { restoreCommand } from "./restoreCommand";

test("a path with blanks and quotes stays one word", () => {
  const path = toBase64Url(utf8("/home/anna/it's mine; rm -rf ~"));

  expect(restoreCommand("laptop", 3, path)).toBe(
    "csb restore '/home/anna/it'\\''s mine; rm -rf ~' --device laptop --snapshot 3 --to ~/restored",
  );
});

test("a path that is not text is left out", () => {
  const path = toBase64Url(new Uint8Array([0x2f, 0xff]));

  expect(restoreCommand("laptop", 3, path)).toBe(
    "csb restore --device laptop --snapshot 3 --to ~/restored",
  );
});
