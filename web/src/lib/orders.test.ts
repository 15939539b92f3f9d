/** Restore orders as this page makes them: the same bytes as the frozen ones, and none unchecked. */

import { readFileSync } from "node:fs";

import { beforeAll, describe, expect, test } from "vitest";

import { concat, fromHex, toHex, utf8, type Bytes } from "./bytes";
import { decode, encode, fields, type Value } from "./cbor";
import { openSealed, seal } from "./hpke";
import { accountKeys, checkSignature, type AccountKeys } from "./keys";
import { makeOrder, type OrderInput } from "./orders";

const FOLDER = new URL("../../../tests/golden/v1/", import.meta.url);

interface Golden {
  signature: string;
  order: string;
  ephemeral: string;
  device: string;
  device_sealing_private: string;
  certificate: string;
  certificate_signature: string;
  source: string;
  serial: number;
  number: number;
  sequence: number;
  snapshot: string;
  paths: string[];
  target: string;
  overwrite: boolean;
  created_ms: number;
  sealed_data_keys: string[];
  data_keys: string[];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
}

const golden = read("order.json") as Golden;
const document = new Uint8Array(readFileSync(new URL("order.bin", FOLDER)));
const drawn = { order: fromHex(golden.order), ephemeral: fromHex(golden.ephemeral) };
let keys: AccountKeys;

beforeAll(async () => {
  const { account } = read("vectors.json") as { account: Record<string, string> };
  keys = await accountKeys(fromHex(account["master_secret"]!), fromHex(account["account"]!));
});

function input(changes: Partial<OrderInput["plan"]> = {}): OrderInput {
  return {
    device: fromHex(golden.device),
    source: fromHex(golden.source),
    sequence: golden.sequence,
    paths: golden.paths.map(fromHex),
    target: fromHex(golden.target),
    overwrite: golden.overwrite,
    plan: {
      number: golden.number,
      serial: golden.serial,
      certificate: fromHex(golden.certificate),
      certificateSignature: fromHex(golden.certificate_signature),
      snapshot: fromHex(golden.snapshot),
      dataKeys: golden.sealed_data_keys.map(fromHex),
      ...changes,
    },
    now: golden.created_ms,
  };
}

describe("an order", () => {
  test("has the frozen bytes, and their signature", async () => {
    const made = await makeOrder(keys, input(), drawn);

    expect(toHex(made.order)).toBe(toHex(document));
    expect(toHex(made.signature)).toBe(golden.signature);
    await checkSignature(keys.accountPublic, "order", made.order, made.signature);
  });

  test("is signed alike by the library that stands in for browsers without Ed25519", async () => {
    const { ed25519 } = await import("@noble/curves/ed25519.js");
    const signed = concat(utf8("csb1/order\0"), document);

    expect(toHex(ed25519.sign(signed, keys.signingSecret))).toBe(golden.signature);
  });

  test("is another one each time, and opens for its device", async () => {
    const one = await makeOrder(keys, input());
    const other = await makeOrder(keys, input());

    expect(toHex(one.order)).not.toBe(toHex(other.order));
    const row = fields(decode(one.order, "it"), "ibbbiibibabiiib", "it") as Bytes[];
    const info = concat(utf8("csb1/order-keys"), row[1]!, row[3]!, row[2]!);
    const secret = fromHex(golden.device_sealing_private);
    const sealingPublic = fields(decode(fromHex(golden.certificate), "it"), "ibbibbia", "it")[5];
    const rows = await openSealed(row[14]!, secret, sealingPublic as Bytes, info);
    expect(toHex(rows.slice(16, 48))).toBe(golden.data_keys[0]);
    expect(toHex(rows.slice(48, 64))).toBe(golden.sealed_data_keys[1]!.slice(0, 32));
  });

  test("is not made for a certificate that the account did not sign", async () => {
    const certificateSignature = fromHex(golden.certificate_signature).fill(0);

    await expect(makeOrder(keys, input({ certificateSignature }))).rejects.toMatchObject({
      code: "signature-invalid",
    });
  });

  test("is not made for another device, or another serial", async () => {
    const device = new Uint8Array(16);

    for (const wrong of [{ ...input(), device }, input({ serial: 3 })]) {
      await expect(makeOrder(keys, wrong)).rejects.toMatchObject({ code: "signature-invalid" });
    }
  });

  test("brings no key that is not sealed to the account", async () => {
    const foreign = await seal(
      new Uint8Array(32),
      new Uint8Array(32).fill(9),
      utf8("csb1/data-key"),
      new Uint8Array(32).fill(7),
    );

    await expect(makeOrder(keys, input({ dataKeys: [foreign] }))).rejects.toMatchObject({
      code: "block-damaged",
    });
  });

  test("takes no absurd number, no cut key, not too many paths", async () => {
    const tomorrow = golden.created_ms + 24 * 3600 * 1000;
    const many = Array.from({ length: 1001 }, (_, at) => utf8(`/${at}`));

    for (const wrong of [
      input({ number: 2 ** 52 }),
      input({ number: 0 }),
      input({ dataKeys: [new Uint8Array(79)] }),
      { ...input(), paths: many },
    ]) {
      await expect(makeOrder(keys, wrong)).rejects.toMatchObject({ code: "malformed" });
    }
    await expect(makeOrder(keys, input({ number: tomorrow }))).resolves.toBeDefined();
  });
});

describe("the encoder", () => {
  test.each<[Value, string]>([
    [0, "00"],
    [23, "17"],
    [24, "1818"],
    [255, "18ff"],
    [256, "190100"],
    [65_536, "1a00010000"],
    [2 ** 32, "1b0000000100000000"],
    [-1, "20"],
    [-257, "390100"],
    [2n ** 63n - 1n, "1b7fffffffffffffff"],
    [-(2n ** 63n), "3b7fffffffffffffff"],
    [[], "80"],
    [[1, [new Uint8Array([2])]], "8201814102"],
    [new Uint8Array(24), "5818" + "00".repeat(24)],
  ])("writes %s in its shortest form", (value, hex) => {
    expect(toHex(encode(value))).toBe(hex);
  });
});
