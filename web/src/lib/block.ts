/**
 * Blocks: opened and checked, as `csbackup.format.sealing` seals them.
 *
 *     block  = header || AES-256-GCM(key, iv, body, header)
 *     header = "CSB1" version=1 type=1 kem=1 flags=0 || account 16 || sealed data key 80 || salt 24
 *              || commitment 32                                                    160 bytes
 *     body   = codec u8 || chunk count u32 || chunk lengths u32 each || payload    big-endian
 */

import { concat, equal, release, utf8, type Bytes } from "./bytes";
import { derive } from "./derivation";
import { Failure } from "./failures";
import type { Hash } from "./hashing";
import { decompress } from "./zstd";

const PRELUDE = concat(utf8("CSB1"), new Uint8Array([1, 1, 1, 0]));
const SEALED_KEY = { start: 24, end: 104 };
const UNCOMMITTED = 128;
const HEADER_BYTES = 160;
const MAX_CONTENT = 4 * 1024 * 1024;
const MAX_CHUNKS = 65_536;
const MAX_BLOCK = HEADER_BYTES + 5 + 4 * MAX_CHUNKS + MAX_CONTENT + 16;
const STORED = 0;
const ZSTD = 1;

/** The sealed data key in a block's header: what to open, once a run. */
export function sealedDataKey(block: Bytes): Bytes {
  return block.slice(SEALED_KEY.start, SEALED_KEY.end);
}

/** The chunks of a block. The caller compares each with its chunk id. */
export async function openBlock(
  block: Bytes,
  dataKey: Bytes,
  account: Bytes,
  hedgeKey: Bytes,
): Promise<Bytes[]> {
  if (block.length > MAX_BLOCK) throw damaged("it is longer than a block may be");
  const header = block.slice(0, HEADER_BYTES);
  checkHeader(header, account);
  const uncommitted = header.subarray(0, UNCOMMITTED);
  const derived = await derive(dataKey, hedgeKey, concat(utf8("csb1/block"), uncommitted), 76);
  if (!equal(derived.subarray(32, 64), header.subarray(UNCOMMITTED))) {
    throw damaged("it was sealed under another key");
  }
  const body = await decryptBody(block, header, derived.slice(0, 32), derived.slice(64));
  return readBody(body);
}

/** Fail unless every chunk is the one its id names. `hash` is keyed with the account's id key. */
export function checkChunks(chunks: Bytes[], ids: Bytes[], hash: Hash): void {
  if (chunks.length !== ids.length) throw damaged("it has other chunks than listed");
  chunks.forEach((chunk, at) => {
    if (!equal(hash(chunk), ids[at]!)) {
      throw new Failure("chunk-mismatch", "The content of a chunk does not match its id.");
    }
  });
}

function damaged(why: string): Failure {
  return new Failure("block-damaged", `A block does not open: ${why}.`);
}

function checkHeader(header: Bytes, account: Bytes): void {
  if (header.length < HEADER_BYTES || !equal(header.subarray(0, 4), PRELUDE.subarray(0, 4))) {
    throw damaged("it has no header");
  }
  if (!equal(header.subarray(4, 8), PRELUDE.subarray(4))) {
    throw new Failure("unknown-version", "A block has a format version this page does not know.");
  }
  if (!equal(header.subarray(8, 24), account)) throw damaged("it belongs to another account");
}

async function decryptBody(block: Bytes, header: Bytes, raw: Bytes, iv: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
  const algorithm = { name: "AES-GCM", iv, additionalData: header };
  try {
    const body = await crypto.subtle.decrypt(algorithm, key, block.subarray(HEADER_BYTES));
    return new Uint8Array(body);
  } catch {
    throw damaged("its contents were changed");
  }
}

async function readBody(body: Bytes): Promise<Bytes[]> {
  const { codec, lengths } = readLengths(body);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > MAX_CONTENT) throw damaged("it says it holds more than a block may");
  const payload = body.subarray(5 + 4 * lengths.length);
  const content = codec === ZSTD ? await decompress(payload, total) : payload;
  if (codec === ZSTD) release(body);
  if (content === null) throw damaged("it cannot be decompressed");
  if (content.length !== total) throw damaged("its length is not what it says");
  return split(content, lengths);
}

function readLengths(body: Bytes): { codec: number; lengths: number[] } {
  if (body.length < 5) throw damaged("it is cut short");
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const codec = view.getUint8(0);
  const chunks = view.getUint32(1);
  if (codec !== STORED && codec !== ZSTD) {
    throw new Failure("unknown-version", "A block's compression is unknown to this page.");
  }
  if (chunks === 0 || chunks > MAX_CHUNKS || body.length < 5 + 4 * chunks) {
    throw damaged("its chunk count is wrong");
  }
  return { codec, lengths: Array.from({ length: chunks }, (_, at) => view.getUint32(5 + 4 * at)) };
}

function split(content: Bytes, lengths: number[]): Bytes[] {
  let at = 0;
  return lengths.map((length) => content.subarray(at, (at += length)));
}
