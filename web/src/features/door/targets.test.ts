import { expect, test } from "vitest";

import type { Offer, OfferedFile } from "../../api/client";
import { filesFor, targetOf, targetsIn } from "./targets";

function file(target: string, name: string): OfferedFile {
  return { target, name, size: 1, sha256: "00", path: `/${name}` };
}

const offer: Offer = {
  version: "1.4.0",
  released: 0,
  files: [
    file("linux-arm64", "csb-1.4.0-linux-arm64.tar.xz"),
    file("linux-amd64", "csb-1.4.0-linux-amd64.tar.xz"),
    file("linux-amd64-deb", "csb_1.4.0_amd64.deb"),
    file("linux-amd64-gz", "csb-1.4.0-linux-amd64.tar.gz"),
  ],
};

test("a machine gets the file for its processor, the commonest where nothing is known", () => {
  const linux = { system: "linux" as const, handheld: false };

  expect(targetOf({ ...linux, architecture: "arm64" })).toBe("linux-arm64");
  expect(targetOf({ ...linux, architecture: "arm" })).toBe("linux-armv7");
  expect(targetOf({ ...linux, architecture: null })).toBe("linux-amd64");
  expect(targetOf({ system: "windows", architecture: "arm64", handheld: false })).toBe("linux-amd64");
});

test("only what the release has is offered", () => {
  const parcels = [
    file("linux-amd64", "csb-1.4.0-linux-amd64.tar"),
    file("linux-amd64", "csb-1.4.0-linux-amd64.run"),
    file("linux-arm64", "csb-1.4.0-linux-arm64.run"),
  ];

  expect(targetsIn(offer)).toEqual(["linux-amd64", "linux-arm64"]);
  expect(filesFor("linux-amd64", parcels, offer).map((one) => one.kind)).toEqual(["run", "deb", "tar"]);
  expect(filesFor("linux-arm64", parcels, offer).map((one) => one.kind)).toEqual(["run"]);
  expect(filesFor("linux-armv7", parcels, offer)).toEqual([]);
});
