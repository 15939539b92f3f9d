/** BLAKE3: the hash behind every id. */

import { createBLAKE3 } from "hash-wasm";

import type { Bytes } from "./bytes";

export type Hash = (data: Uint8Array) => Bytes;

/** BLAKE3, keyed when `key` is given. One per worker: making it takes longer than using it. */
export async function blake3(key?: Bytes): Promise<Hash> {
  const hasher = await createBLAKE3(256, key);
  return (data) => new Uint8Array(hasher.init().update(data).digest("binary"));
}
