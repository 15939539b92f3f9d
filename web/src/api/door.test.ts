import { expect, test } from "vitest";

import { door, doorHeaders } from "./door";

test("where there is no page, as in a worker, there is no door and no key", () => {
  expect(door).toBeNull();
  expect(doorHeaders()).toEqual({});
});
