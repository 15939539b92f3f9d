/** The frozen bytes of format version 1, opened by the browser's own reader. */

import { readFileSync } from "node:fs";

import { beforeAll, describe, expect, test } from "vitest";

import { checkChunks, openBlock, sealedDataKey } from "./block";
import { equal, fromHex, toHex, utf8, type Bytes } from "./bytes";
import { readExtras } from "./extras";
import { blake3, type Hash } from "./hashing";
import {
  accountKeys,
  checkSignature,
  openDataKey,
  passwordKeys,
  readParameters,
  recoveryKeys,
  unwrapMasterSecret,
  wrapMasterSecret,
  type AccountKeys,
} from "./keys";
import { formatRecoveryKey, parseRecoveryKey } from "./recovery";
import { checkPage, readNode, unpackNode, type Folder, type FolderIndex } from "./tree";

const FOLDER = new URL("../../../tests/golden/v1/", import.meta.url);

interface GoldenBlock {
  file: string;
  block: string;
  chunks: { chunk: string; length: number; begins: string }[];
}

interface PackItem {
  id: string;
  offset: number;
  length: number;
}

interface Vectors {
  account: Record<string, string>;
  keys: Record<string, string>;
  data_key: Record<string, string>;
  blocks: Record<string, GoldenBlock>;
  extras: Record<string, { file: string }>;
  nodes: Record<string, { file: string; node: string }>;
  snapshots: Record<string, { file: string; signature: string; snapshot: string }>;
  device: Record<string, string>;
  packs: Record<string, { file: string; pack: string; items: PackItem[] }>;
}

const golden = JSON.parse(readFileSync(new URL("vectors.json", FOLDER), "utf8")) as Vectors;
const account = fromHex(golden.account["account"]!);
const secret = fromHex(golden.account["master_secret"]!);
let keys: AccountKeys;
let hash: Hash;
let keyedHash: Hash;

beforeAll(async () => {
  keys = await accountKeys(secret, account);
  hash = await blake3();
  keyedHash = await blake3(keys.idKey);
});

function content(name: string): Bytes {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

function accountBytes(name: string): Bytes {
  return fromHex(golden.account[name]!);
}

describe("keys", () => {
  test("the password gives the same keys, and opens and makes the same wrap", async () => {
    const parameters = readParameters(accountBytes("kdf"));

    const unlock = await passwordKeys(golden.account["password"]!, account, parameters);

    expect(toHex(unlock.auth)).toBe(golden.account["auth"]);
    expect(toHex(unlock.kek)).toBe(golden.account["kek"]);
    expect(toHex(unlock.commitment)).toBe(golden.account["commitment"]);
    const wrap = accountBytes("wrap_password");
    expect(await unwrapMasterSecret(wrap, unlock, account, "wrong-password")).toEqual(secret);
    const again = await wrapMasterSecret(secret, unlock, account, accountBytes("wrap_nonce"));
    expect(again).toEqual(wrap);
  });

  test("the recovery key gives the same keys, and opens and makes the same wrap", async () => {
    const key = await parseRecoveryKey(golden.account["recovery_text"]!.toLowerCase());

    const unlock = await recoveryKeys(key, account);

    expect(toHex(key)).toBe(golden.account["recovery_key"]);
    expect(await formatRecoveryKey(key)).toBe(golden.account["recovery_text"]);
    expect(toHex(unlock.auth)).toBe(golden.account["recovery_auth"]);
    const wrap = accountBytes("wrap_recovery");
    expect(await unwrapMasterSecret(wrap, unlock, account, "wrong-recovery-key")).toEqual(secret);
    const again = await wrapMasterSecret(secret, unlock, account, accountBytes("wrap_nonce"));
    expect(again).toEqual(wrap);
  });

  test("the master secret gives the same keys", () => {
    const found = {
      id_key: keys.idKey,
      cut_key: keys.cutKey,
      hedge_key: keys.hedgeKey,
      name_key: keys.nameKey,
      sealing_private: keys.sealingSecret,
      sealing_public: keys.sealingPublic,
      account_private: keys.signingSecret,
      account_public: keys.accountPublic,
    };

    for (const [name, key] of Object.entries(found)) {
      expect(toHex(key), name).toBe(golden.keys[name]);
    }
  });

  test("a changed wrap is refused", async () => {
    const unlock = await recoveryKeys(accountBytes("recovery_key"), account);
    const wrap = accountBytes("wrap_recovery");

    for (const at of [0, 40, wrap.length - 1]) {
      const changed = wrap.slice();
      changed[at]! ^= 1;
      const opened = unwrapMasterSecret(changed, unlock, account, "wrong-recovery-key");
      await expect(opened).rejects.toMatchObject({ code: "wrong-recovery-key" });
    }
  });

  test("weaker password protection than the floor is refused", () => {
    const weak = accountBytes("kdf");
    weak[2] = 0; // 65,536 KiB become none

    expect(() => readParameters(weak)).toThrowError(expect.objectContaining({ code: "kdf-too-weak" }));
  });
});

describe("blocks", () => {
  const names = Object.keys(golden.blocks);

  test("the data key opens with the account's sealing key", async () => {
    const opened = await openDataKey(fromHex(golden.data_key["sealed"]!), keys);

    expect(toHex(opened)).toBe(golden.data_key["data_key"]);
  });

  test.each(names)("block %s opens to its chunks", async (name) => {
    const expected = golden.blocks[name]!;
    const block = content(expected.file);

    const dataKey = await openDataKey(sealedDataKey(block), keys);
    const chunks = await openBlock(block, dataKey, account, keys.hedgeKey);

    expect(toHex(hash(block))).toBe(expected.block);
    const ids = expected.chunks.map((chunk) => fromHex(chunk.chunk));
    expect(() => checkChunks(chunks, ids, keyedHash)).not.toThrow();
    chunks.forEach((chunk, at) => {
      const { length, begins } = expected.chunks[at]!;
      expect(chunk.length).toBe(length);
      expect(toHex(chunk.subarray(0, begins.length / 2))).toBe(begins);
    });
  });

  test("a block with any byte changed does not open", async () => {
    const block = content(golden.blocks["one"]!.file);
    const dataKey = fromHex(golden.data_key["data_key"]!);

    for (let at = 0; at < block.length; at += 1) {
      if (at >= 24 && at < 104) continue; // the sealed data key: its own test
      const changed = block.slice();
      changed[at]! ^= 1;
      const opened = openBlock(changed, dataKey, account, keys.hedgeKey);
      await expect(opened, `byte ${at}`).rejects.toHaveProperty("code");
    }
  });

  test("a changed sealed data key does not open", async () => {
    const sealed = fromHex(golden.data_key["sealed"]!);
    sealed[79]! ^= 1;

    await expect(openDataKey(sealed, keys)).rejects.toMatchObject({ code: "block-damaged" });
  });

  test("a chunk under another's id is told", async () => {
    const block = content(golden.blocks["one"]!.file);
    const dataKey = fromHex(golden.data_key["data_key"]!);

    const chunks = await openBlock(block, dataKey, account, keys.hedgeKey);

    expect(() => checkChunks(chunks, [new Uint8Array(32)], keyedHash)).toThrowError(
      expect.objectContaining({ code: "chunk-mismatch" }),
    );
  });
});

describe("trees", () => {
  const names = Object.keys(golden.nodes);

  test.each(names)("node %s is read, and its id holds", (name) => {
    const { file, node } = golden.nodes[name]!;
    const plain = content(file);

    const read = readNode(plain);

    expect(toHex(hash(plain))).toBe(node);
    expect(read.type).toBeTypeOf("string");
  });

  test("a file of the first snapshot has the times, sizes and chunks it had", () => {
    const home = readNode(content(golden.nodes["first-listing"]!.file)) as Folder;

    const hello = home.entries.find((entry) => equal(entry.name, utf8("hello.txt")))!;

    expect(hello.kind).toBe("file");
    expect(hello.size).toBe(13n);
    expect(hello.mode & 0o4000).toBe(0o4000);
    expect(hello.chunks.map(toHex)).toEqual([golden.blocks["one"]!.chunks[0]!.chunk]);
  });

  test("every node of the tree pack opens from its zstd frame", async () => {
    const pack = golden.packs["trees"]!;
    const bytes = content(pack.file);

    for (const item of pack.items) {
      const packed = bytes.slice(item.offset, item.offset + item.length);
      const plain = await unpackNode(packed, fromHex(item.id), hash);
      expect(() => readNode(plain)).not.toThrow();
    }
  });

  test("the pages of a long folder are those that its index names", async () => {
    const pack = golden.packs["trees"]!;
    const bytes = content(pack.file);
    const index = readNode(content(golden.nodes["index"]!.file)) as FolderIndex;

    const pages = await Promise.all(
      index.pages.map(async ({ id }, number) => {
        const item = pack.items.find((one) => one.id === toHex(id))!;
        const packed = bytes.slice(item.offset, item.offset + item.length);
        return checkPage(index, number, readNode(await unpackNode(packed, id, hash)));
      }),
    );

    expect(pages.flatMap((page) => page.entries)).toHaveLength(2500);
  });

  test("a node under another's id is told", async () => {
    const pack = golden.packs["trees"]!;
    const item = pack.items[0]!;
    const packed = content(pack.file).slice(item.offset, item.offset + item.length);

    const unpacked = unpackNode(packed, new Uint8Array(32), hash);

    await expect(unpacked).rejects.toMatchObject({ code: "tree-mismatch" });
  });

  test("extras are read", () => {
    const files = Object.entries(golden.extras);
    const read = Object.fromEntries(files.map(([name, { file }]) => [name, readExtras(content(file))]));

    expect(read["link"]!.target.length).toBeGreaterThan(0);
    expect(read["sparse"]!.sparse!.length).toBeGreaterThan(0);
    expect(read["xattrs"]!.xattrs.length).toBeGreaterThan(0);
    expect(read["twin"]!.linkGroup).toHaveLength(32);
  });
});

describe("signatures", () => {
  test("the account vouches for the device, and the device for its snapshots", async () => {
    const certificate = content(golden.device["certificate"]!);
    const vouched = fromHex(golden.device["signature"]!);
    await checkSignature(keys.accountPublic, "certificate", certificate, vouched);

    for (const { file, signature, snapshot } of Object.values(golden.snapshots)) {
      const signed = content(file);
      const device = fromHex(golden.device["signing_public"]!);
      await checkSignature(device, "snapshot", signed, fromHex(signature));
      expect(toHex(hash(signed))).toBe(snapshot);
    }
  });

  test("a signature for one purpose does not serve another", async () => {
    const certificate = content(golden.device["certificate"]!);
    const vouched = fromHex(golden.device["signature"]!);

    const checked = checkSignature(keys.accountPublic, "snapshot", certificate, vouched);

    await expect(checked).rejects.toMatchObject({ code: "signature-invalid" });
  });
});
