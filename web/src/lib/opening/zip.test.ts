/** ZIPs, read back by their directory; other programs read them in the browser tests. */

import { expect, test } from "vitest";

import { equal, utf8 } from "../bytes";
import { ArraySink, unzip } from "./goldenSource";
import { BlobSink, type Sink } from "./sinks";
import { ZipOutput } from "./outputs";
import { ZipWriter } from "./zip";

const FACTS = { mode: 0o640, mtimeNs: 1_700_000_000_123_456_789n };
const LARGE = new Uint8Array(3_000_000).map((_, at) => at % 251);

async function put(zip: ZipWriter | ZipOutput, place: string, content: Uint8Array<ArrayBuffer>) {
  await zip.begin(place, FACTS, content.length);
  await zip.append(content);
  await zip.end();
}

async function written(sink: Sink): Promise<Uint8Array<ArrayBuffer>> {
  const zip = await ZipWriter.create(sink);
  await zip.folder("folder", { ...FACTS, mode: 0o750 });
  await put(zip, "folder/large", LARGE);
  await put(zip, "folder/n\u00e4me", utf8("small"));
  await zip.begin("folder/broken", FACTS, 5_000_000);
  await zip.append(LARGE);
  await zip.takeBack();
  await zip.symlink("folder/link", FACTS, utf8("large"));
  return new Uint8Array(await (await zip.finish())!.arrayBuffer());
}

test.each([
  ["a list", () => new ArraySink()],
  ["blobs", () => new BlobSink("application/zip")],
])("what goes in by way of %s is there, and what was taken back is not", async (_, makeSink) => {
  const found = unzip(await written(makeSink()));

  expect([...found.keys()]).toEqual(["folder/", "folder/large", "folder/n\u00e4me", "folder/link"]);
  const { content, mode, seconds } = found.get("folder/large")!;
  expect(equal(content, LARGE)).toBe(true);
  expect({ mode, seconds }).toEqual({ mode: 0o100640, seconds: 1_700_000_000 });
  expect(found.get("folder/")?.mode).toBe(0o040750);
  expect(found.get("folder/link")?.mode).toBe(0o120640);
});

test("more than 65,535 entries need the wide end, and get it", async () => {
  const sink = new BlobSink("application/zip");
  const zip = await ZipWriter.create(sink);

  for (let number = 0; number < 66_000; number += 1) await put(zip, `${number}`, utf8("x"));
  const content = new Uint8Array(await (await zip.finish())!.arrayBuffer());

  expect(unzip(content).size).toBe(66_000);
});

test("a file of another length than was said is refused", async () => {
  const zip = await ZipWriter.create(new ArraySink());
  await zip.begin("short", FACTS, 10);

  await expect(zip.end()).rejects.toMatchObject({ code: "malformed" });
  await expect(zip.append(new Uint8Array(11))).rejects.toMatchObject({ code: "malformed" });
});

test("parts are ZIPs of their own, none above the limit unless one file is", async () => {
  const parts: Blob[] = [];
  const limit = 1_000_000;
  const output = new ZipOutput(async () => new BlobSink(""), (part) => parts.push(part!), limit, 2e6);

  for (const name of ["a", "b", "c"]) await put(output, name, LARGE.slice(0, 600_000));
  await put(output, "d", LARGE.slice(0, 1_500_000));
  await expect(output.begin("e", FACTS, 3e6)).rejects.toMatchObject({ code: "too-large" });
  await output.finish();

  const names = await Promise.all(
    parts.map(async (part) => [...unzip(new Uint8Array(await part.arrayBuffer())).keys()]),
  );
  expect(names).toEqual([["a"], ["b"], ["c"], ["d"]]);
});
