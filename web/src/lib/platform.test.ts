import { expect, test } from "vitest";

import { readMachine } from "./platform";

const FIREFOX_LINUX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0";
const FIREFOX_PI = "Mozilla/5.0 (X11; Linux aarch64; rv:150.0) Gecko/20100101 Firefox/150.0";
const MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156 Safari/537.36";
const ANDROID = "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 Chrome/156 Mobile Safari/537.36";

test("a browser's name for itself says system and architecture", () => {
  expect(readMachine(FIREFOX_LINUX)).toEqual({ system: "linux", architecture: "x86_64", handheld: false });
  expect(readMachine(FIREFOX_PI).architecture).toBe("arm64");
  expect(readMachine(WINDOWS)).toEqual({ system: "windows", architecture: "x86_64", handheld: false });
});

test("what the browser tells when asked counts more", () => {
  const arm = { platform: "Windows", architecture: "arm", bitness: "64" };

  expect(readMachine(WINDOWS, arm).architecture).toBe("arm64");
  expect(readMachine(MAC, { platform: "macOS", architecture: "arm", bitness: "64" })).toEqual({
    system: "macos",
    architecture: "arm64",
    handheld: false,
  });
});

test("nothing is claimed of a Mac that does not say, and a tablet is no Mac", () => {
  expect(readMachine(MAC)).toEqual({ system: "macos", architecture: null, handheld: false });
  expect(readMachine(MAC, {}, true).handheld).toBe(true);
  expect(readMachine(ANDROID)).toEqual({ system: "linux", architecture: null, handheld: true });
});
