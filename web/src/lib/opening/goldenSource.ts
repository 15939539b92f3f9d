/** For tests: the golden data folder of format version 1 as a server would give it out. */

import { readFileSync } from "node:fs";

import { concat, equal, fromHex, toBase64, toHex, type Bytes } from "../bytes";
import { decode } from "../cbor";
import { splitIds } from "../entries";
import { accountKeys, type AccountKeys } from "../keys";
import {
  keyOf,
  type BlockPlace,
  type OfferedCertificate,
  type OfferedSnapshot,
  type Source,
} from "./source";

const FOLDER = new URL("../../../../tests/golden/v1/", import.meta.url);

interface Vectors {
  account: Record<string, string>;
  device: Record<string, string>;
  sparse_content: { file: string };
  snapshots: Record<string, { file: string; signature: string; snapshot: string; sequence: number }>;
  packs: Record<string, { file: string; pack: string }>;
}

type Item = [id: Bytes, offset: number, length: number, chunks: Bytes];

export const golden = JSON.parse(goldenFile("vectors.json", "utf8")) as Vectors;

function goldenFile(name: string, encoding: "utf8"): string {
  return readFileSync(new URL(name, FOLDER), encoding);
}

export function goldenBytes(name: string): Bytes {
  return new Uint8Array(readFileSync(new URL(name, FOLDER)));
}

export function goldenKeys(): Promise<AccountKeys> {
  const { master_secret: secret, account } = golden.account;
  return accountKeys(fromHex(secret!), fromHex(account!));
}

/** What is spoiled in a test is changed here: places of blocks, bytes of packs, what is offered. */
export class GoldenSource implements Source {
  readonly packs = new Map<string, Bytes>();
  readonly places: BlockPlace[] = [];
  readonly #nodes = new Map<string, Bytes>();
  offered: OfferedSnapshot[];
  vouched: OfferedCertificate[];
  reads = 0;

  constructor() {
    const { blocks, trees } = golden.packs;
    const blockPack = this.#add(blocks!);
    for (const [, offset, length, chunks] of itemsOf(blockPack)) {
      this.places.push({ pack: fromHex(blocks!.pack), offset, length, chunks });
    }
    const treePack = this.#add(trees!);
    for (const [id, offset, length] of itemsOf(treePack)) {
      this.#nodes.set(keyOf(id), treePack.slice(offset, offset + length));
    }
    this.offered = Object.values(golden.snapshots).map(offeredSnapshot);
    const { certificate, signature } = golden.device;
    this.vouched = [
      {
        serial: 1,
        certificate: toBase64(goldenBytes(certificate!)),
        signature: toBase64(fromHex(signature!)),
      },
    ];
  }

  async certificates(): Promise<OfferedCertificate[]> {
    return this.vouched;
  }

  async snapshots(): Promise<OfferedSnapshot[]> {
    return this.offered;
  }

  async nodes(ids: Bytes[]): Promise<Map<string, Bytes>> {
    const found = ids.flatMap((id) => {
      const packed = this.#nodes.get(keyOf(id));
      return packed ? [[keyOf(id), packed] as const] : [];
    });
    return new Map(found);
  }

  async locate(chunks: Bytes[]): Promise<BlockPlace[]> {
    const wanted = new Set(chunks.map(keyOf));
    return this.places.filter((place) => splitIds(place.chunks).some((id) => wanted.has(keyOf(id))));
  }

  async readPack(pack: Bytes, start: number, end: number): Promise<Bytes> {
    this.reads += 1;
    return this.packs.get(toHex(pack))!.slice(start, end);
  }

  /** Spoil the node whose plain bytes have this id. */
  spoilNode(id: Bytes): void {
    this.#nodes.set(keyOf(id), new Uint8Array(10));
  }

  /** A copy of a pack with one byte turned, said to hold the same blocks. */
  addSpoiledCopy(at: number): void {
    const [name, content] = [...this.packs].find(([, one]) => isBlocks(one))!;
    const spoiled = content.slice();
    spoiled[at]! ^= 1;
    const other = toHex(fromHex(name).map((byte) => byte ^ 255));
    this.packs.set(other, spoiled);
    this.places.unshift(...this.places.map((place) => ({ ...place, pack: fromHex(other) })));
  }

  #add({ file, pack }: { file: string; pack: string }): Bytes {
    const content = goldenBytes(file);
    this.packs.set(pack, content);
    return content;
  }
}

function offeredSnapshot(one: Vectors["snapshots"][string]): OfferedSnapshot {
  return {
    snapshot: one.snapshot,
    sequence: one.sequence,
    expired: false,
    signed: toBase64(goldenBytes(one.file)),
    signature: toBase64(fromHex(one.signature)),
  };
}

function footerOf(pack: Bytes): unknown[] {
  const length = new DataView(pack.buffer, pack.length - 8).getUint32(0);
  return decode(pack.slice(pack.length - 8 - length, pack.length - 8), "A footer");
}

function itemsOf(pack: Bytes): Item[] {
  return footerOf(pack)[5] as Item[];
}

function isBlocks(pack: Bytes): boolean {
  return footerOf(pack)[1] === 0;
}

/** A sink that keeps everything where a test can look at it. */
export class ArraySink {
  #content: Bytes = new Uint8Array(0);

  async append(data: Bytes): Promise<void> {
    this.#content = concat(this.#content, data);
  }

  async patch(data: Bytes, at: number): Promise<void> {
    this.#content.set(data, at);
  }

  async rewind(at: number): Promise<void> {
    this.#content = this.#content.slice(0, at);
  }

  async finish(): Promise<Blob> {
    return new Blob([this.#content]);
  }

  async abort(): Promise<void> {
    this.#content = new Uint8Array(0);
  }

  get content(): Bytes {
    return this.#content;
  }
}

export interface Unzipped {
  content: Bytes;
  mode: number;
  seconds: number;
}

/** What a ZIP holds, by its directory; checksums compared by the caller's other programs. */
export function unzip(zip: Bytes): Map<string, Unzipped> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = zip.length - 22;
  let at = view.getUint32(end + 16, true);
  let count = view.getUint16(end + 10, true);
  if (count === 0xffff) {
    const wide = Number(view.getBigUint64(end - 20 + 8, true));
    count = Number(view.getBigUint64(wide + 32, true));
    at = Number(view.getBigUint64(wide + 48, true));
  }
  const found = new Map<string, Unzipped>();
  for (let number = 0; number < count; number += 1) {
    const [size, nameLength, extraLength] = [24, 28, 30].map((field) =>
      field === 24 ? view.getUint32(at + field, true) : view.getUint16(at + field, true),
    ) as [number, number, number];
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameLength));
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const time = at + 46 + nameLength + 5;
    found.set(name, {
      content: zip.slice(start, start + size),
      mode: view.getUint16(at + 40, true),
      seconds: extraLength >= 9 ? view.getInt32(time, true) : 0,
    });
    if (!equal(zip.slice(local + 14, local + 18), zip.slice(at + 16, at + 20))) {
      throw new Error(`${name} has two checksums`);
    }
    at += 46 + nameLength + extraLength;
  }
  return found;
}
