import { expect, test } from "vitest";

import type { SourceSettings } from "../../api/settings";
import { changeOf, everyFields, everyOf, partsOf, rateFields, rateOf, rootOf, rootText, rootTrouble } from "./drafts";

const SETTINGS: SourceSettings = {
  folders: { roots: [rootOf("/home/ada")], one_file_system: false },
  exclusions: { patterns: [], defaults: true },
  schedule: {
    every_minutes: 60,
    continuous: false,
    quiet_hours: [],
    on_battery: true,
    battery_percent: 20,
    on_metered: false,
  },
  limits: { upload: null, upload_windows: [], download: null, low_priority: true },
};

test("a change holds the parts that differ, and no others", () => {
  const after = { ...SETTINGS, exclusions: { patterns: ["*.iso"], defaults: true } };

  expect(partsOf(changeOf(SETTINGS, after))).toEqual(["exclusions"]);
  expect(partsOf(changeOf(SETTINGS, structuredClone(SETTINGS)))).toEqual([]);
});

test("a root is kept without the slash at its end", () => {
  expect(rootText(rootOf(" /home/ada/ "))).toBe("/home/ada");
  expect(rootText(rootOf("/"))).toBe("/");
});

test("paths that are not whole, or there already, are named", () => {
  const roots = SETTINGS.folders.roots;

  expect(rootTrouble("home/ada", roots)).toBe("relative");
  expect(rootTrouble("/home/ada/", roots)).toBe("there");
  expect(rootTrouble("/home/ada/music", roots)).toBe("inside");
  expect(rootTrouble("/home/adam", roots)).toBe(null);
  expect(rootTrouble("~/music", roots)).toBe(null);
  expect(rootTrouble("C:\\Users\\ada", roots)).toBe(null);
});

test("rates and times are read as they are written", () => {
  expect(rateFields(500_000)).toEqual({ number: "500", unit: "kB" });
  expect(rateFields(2_500_000)).toEqual({ number: "2.5", unit: "MB" });
  expect(rateOf("2,5", "MB")).toBe(2_500_000);
  expect(rateOf("", "MB")).toBe(null);
  expect(everyFields(1440)).toEqual({ number: "1", unit: "days" });
  expect(everyFields(90)).toEqual({ number: "90", unit: "minutes" });
  expect(everyOf("1.5", "hours")).toBe(90);
  expect(everyOf("0", "hours")).toBe(null);
});
