/** The golden data folder, opened from its signatures down and written as a ZIP. */

import { beforeEach, expect, test } from "vitest";

import { fromHex, utf8, type Bytes } from "../bytes";
import type { FailureCode } from "../failures";
import { accountKeys } from "../keys";
import { ArraySink, golden, goldenKeys, GoldenSource, unzip } from "./goldenSource";
import { Opener, type Opened } from "./opener";
import { PlainOutput, ZipOutput } from "./outputs";
import { walk } from "./walk";
import { fetchedAhead, windows } from "./windows";
import { Writer, type Output } from "./writing";

const DEVICE = golden.device["device"]!;
const SENTENCE = "Everything that was acknowledged is there. ";

let source: GoldenSource;
let opener: Opener;
let problems: [string, FailureCode][];
let wrote: number;

beforeEach(async () => {
  source = new GoldenSource();
  opener = await Opener.create(await goldenKeys());
  problems = [];
  wrote = 0;
});

function open(sequence: number, ...paths: string[]): Promise<Opened> {
  return opener.open({ device: DEVICE, sequence, paths: paths.map(utf8) }, source);
}

async function write({ chosen, nodes, chunks, hash }: Opened, output: Output): Promise<void> {
  const fetch = chunks.fetch.bind(chunks);
  const tally = {
    wrote: (bytes: number) => (wrote += bytes),
    passed: () => undefined,
    lament: (path: string, code: FailureCode) => problems.push([path, code]),
  };
  const writer = new Writer(output, tally, fetch);
  const coming = windows(walk(nodes, chosen, hash), nodes);
  for await (const [window, fetched] of fetchedAhead(coming, fetch, () => Promise.resolve())) {
    await writer.carryOut(window, fetched);
  }
}

async function zipped(opened: Opened) {
  const sink = new ArraySink();
  const output = new ZipOutput(async () => sink, () => undefined);
  await write(opened, output);
  await output.finish();
  return unzip(sink.content);
}

function text(content: Bytes | undefined): string {
  return new TextDecoder().decode(content);
}

test("a whole snapshot comes as one ZIP, with what a ZIP can say of it", async () => {
  const found = await zipped(await open(2, ""));

  expect(text(found.get("ada/docs/hello.txt")?.content)).toBe("HELLO, WORLD\n");
  expect(found.get("ada/docs/hello.txt")?.mode).toBe(0o104755);
  expect(text(found.get("ada/docs/big.bin")?.content.slice(0, 86_000))).toBe(SENTENCE.repeat(2000));
  expect(text(found.get("ada/long.list")?.content)).toBe("tick".repeat(1200));
  expect(text(found.get("ada/link")?.content)).toBe("docs/hello.txt");
  expect(found.get("ada/link")!.mode & 0o170000).toBe(0o120000);
  expect(found.get("ada/twin-a")?.content).toEqual(found.get("ada/twin-b")?.content);
  expect(found.get("ada/näme%FF%0A")?.seconds).toBe(-1);
  expect([...found.keys()].filter((name) => name.startsWith("ada/many/f"))).toHaveLength(2500);
  expect(problems).toEqual([["/home/ada/pipe", "not-a-file"]]);
});

test("holes come as zeros, where they were", async () => {
  const found = await zipped(await open(2, "/home/ada/sparse.img"));

  const sparse = found.get("sparse.img")!.content;
  expect(sparse).toHaveLength(2_000_000);
  expect(text(sparse.slice(4096, 4109))).toBe("hello, world\n");
  expect(text(sparse.slice(1_000_000, 1_000_043))).toBe(SENTENCE);
  expect(sparse.filter((byte) => byte !== 0)).toHaveLength(13 + 43);
});

test("an older snapshot has what the file was then", async () => {
  const found = await zipped(await open(1, "/home/ada/docs/hello.txt"));

  expect(text(found.get("hello.txt")?.content)).toBe("hello, world\n");
});

test("several things stand beside each other, each once", async () => {
  const found = await zipped(await open(2, "/home/ada/docs", "/home/ada/long.list", "/home"));

  expect([...found.keys()].filter((name) => !name.startsWith("ada/"))).toEqual([
    "docs/",
    "docs/big.bin",
    "docs/empty.txt",
    "docs/hello.txt",
    "long.list",
  ]);
  expect(found.has("ada/docs/hello.txt")).toBe(true);
});

test("what is not in the snapshot is said", async () => {
  await expect(open(2, "/home/ada/docs/none")).rejects.toMatchObject({ code: "no-such-path" });
  await expect(open(2, "/home/ada/link/hello.txt")).rejects.toMatchObject({ code: "no-such-path" });
  await expect(open(3, "/home/ada")).rejects.toMatchObject({ code: "no-such-snapshot" });
});

test("a damaged block is passed over where another holds the same chunks", async () => {
  source.addSpoiledCopy(200);

  const found = await zipped(await open(2, ""));

  expect(text(found.get("ada/docs/hello.txt")?.content)).toBe("HELLO, WORLD\n");
  expect(problems).toEqual([["/home/ada/pipe", "not-a-file"]]);
});

test("a file whose content is lost is left out and named; all others are there", async () => {
  const bytes = [...source.packs.values()].find((one) => one.length > 5000)!;
  const stored = source.places.find((place) => place.length > 5000)!;
  bytes[stored.offset + 170]! ^= 1;

  const found = await zipped(await open(2, "/home/ada"));

  expect(problems).toContainEqual(["/home/ada/docs/big.bin", "block-damaged"]);
  expect(found.has("ada/docs/big.bin")).toBe(false);
  expect(text(found.get("ada/docs/hello.txt")?.content)).toBe("HELLO, WORLD\n");
});

test("one file whose content is lost is no file at all", async () => {
  source.places.length = 0;
  const output = new PlainOutput(new ArraySink());

  const writing = write(await open(2, "/home/ada/docs/hello.txt"), output);

  await expect(writing).rejects.toMatchObject({ code: "content-missing" });
});

test("blocks that lie side by side come with one request", async () => {
  await zipped(await open(2, "/home/ada/docs"));

  expect(source.reads).toBe(1);
});

// --- a server that lies -------------------------------------------------------------------------

test("another account's keys prove nothing", async () => {
  const other = await accountKeys(new Uint8Array(32), fromHex(golden.account["account"]!));
  opener = await Opener.create(other);

  await expect(open(2, "/home/ada")).rejects.toMatchObject({ code: "signature-invalid" });
});

test("a snapshot that is left out breaks the chain", async () => {
  source.offered = source.offered.slice(1);

  await expect(open(2, "/home/ada")).rejects.toMatchObject({ code: "history-broken" });
});

test("an older snapshot under a newer number is told", async () => {
  const [first] = source.offered;
  source.offered = [first!, { ...first!, sequence: 2 }];

  await expect(open(2, "/home/ada")).rejects.toMatchObject({ code: "history-broken" });
});

test("a newest snapshot that is said to have expired is told", async () => {
  const [first, second] = source.offered;
  source.offered = [first!, { ...second!, expired: true, signed: "", signature: "" }];

  await expect(open(1, "/home/ada")).rejects.toMatchObject({ code: "history-broken" });
});

test("a snapshot that expired is not opened, and those after it are", async () => {
  const [first, second] = source.offered;
  source.offered = [{ ...first!, expired: true, signed: "", signature: "" }, second!];

  await expect(open(1, "/home/ada")).rejects.toMatchObject({ code: "no-such-snapshot" });
  await expect(open(2, "/home/ada")).resolves.toBeDefined();
});

test("one byte of a snapshot changed is told", async () => {
  const [first, second] = source.offered;
  const signed = `${second!.signed.slice(0, -5)}AAAA=`.slice(0, second!.signed.length);
  source.offered = [first!, { ...second!, signed }];

  await expect(open(2, "/home/ada")).rejects.toMatchObject({
    code: expect.stringMatching(/signature-invalid|history-broken|malformed|server-incompatible/),
  });
});

test("a certificate under another serial is told", async () => {
  source.vouched = source.vouched.map((one) => ({ ...one, serial: 2 }));

  await expect(open(2, "/home/ada")).rejects.toMatchObject({ code: "history-broken" });
});

test("without a certificate no snapshot counts", async () => {
  source.vouched = [];

  await expect(open(2, "/home/ada")).rejects.toMatchObject({ code: "history-broken" });
});

test("a listing that is not what its id names is left out and named", async () => {
  const { entry } = (await open(2, "/home/ada/docs")).chosen[0]!;
  source.spoilNode(entry.tree!);

  const found = await zipped(await open(2, "/home/ada"));

  expect(problems).toContainEqual(["/home/ada/docs", "tree-mismatch"]);
  expect(text(found.get("ada/long.list")?.content)).toBe("tick".repeat(1200));
});
