import { expect, test } from "vitest";

import type { Device } from "../api/client";
import { isWholePath, reasonsToAsk } from "./orders";

test("a whole path begins where the device's system begins its paths", () => {
  expect(isWholePath("/home/ada/back", "Linux 6.1")).toBe(true);
  expect(isWholePath("back", "macOS 15")).toBe(false);
  expect(isWholePath("C:\\back", "Windows 11")).toBe(true);
  expect(isWholePath("/back", "Windows 11")).toBe(false);
});

test("somebody at the device is asked when files are replaced, or are another device's", () => {
  const device = { device: "aa" } as Device;
  const selection = { device: "aa", deviceName: "desk", sequence: 1, items: [] };

  expect(reasonsToAsk({ device, target: "", overwrite: false }, selection)).toEqual([]);
  expect(reasonsToAsk({ device, target: "", overwrite: true }, selection)).toEqual(["replaces"]);
  const other = { ...selection, device: "bb" };
  expect(reasonsToAsk({ device, target: "", overwrite: false }, other)).toEqual(["foreign"]);
});
