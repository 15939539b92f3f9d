/** Where sealed contents come from, and the forms in which they come. */

import type { Bytes } from "../bytes";
import { malformed } from "../cbor";
import { ID_BYTES } from "../entries";
import { readRows, type Field } from "./rows";

const MAX_PACK = 32 * 1024 * 1024;
const MAX_CHUNKS = 65_536;
/** Header, lengths, content and tag of the largest block there may be. */
const MAX_BLOCK = 160 + 5 + 4 * MAX_CHUNKS + 4 * 1024 * 1024 + 16;
const WHAT = "The server's answer";

/** An id as the key of a map: shorter to make than its hexadecimal form. */
export function keyOf(id: Bytes): string {
  return String.fromCharCode(...id);
}

/** Where a block lies, and the ids of the chunks in it, joined, in order. */
export interface BlockPlace {
  pack: Bytes;
  offset: number;
  length: number;
  chunks: Bytes;
}

/** The fields are the server's; the bytes of certificates and snapshots prove them. */
export interface OfferedCertificate {
  serial: number;
  certificate: string;
  signature: string;
}

export interface OfferedSnapshot {
  snapshot: string;
  sequence: number;
  expired: boolean;
  signed: string;
  signature: string;
}

/** Whoever has what an account sealed. Nothing of what it gives is checked yet. */
export interface Source {
  certificates(device: string): Promise<OfferedCertificate[]>;
  /** Oldest first. */
  snapshots(device: string): Promise<OfferedSnapshot[]>;
  /** Nodes as they lie in packs, by `keyOf` their id; those it lacks are left out. */
  nodes(ids: Bytes[]): Promise<Map<string, Bytes>>;
  locate(chunks: Bytes[]): Promise<BlockPlace[]>;
  /** Bytes `start` up to, not including, `end`; fewer where the pack is cut short. */
  readPack(pack: Bytes, start: number, end: number): Promise<Bytes>;
}

export function readNodeRows(answer: Bytes, most: number): Map<string, Bytes> {
  const rows = readRows(answer, "bb", most, WHAT) as [Bytes, Bytes][];
  return new Map(rows.map(([id, packed]) => [keyOf(checkedId(id)), packed]));
}

export function readPlaces(answer: Bytes, most: number): BlockPlace[] {
  return readRows(answer, "biib", most, WHAT).map(readPlace);
}

function readPlace(row: Field[]): BlockPlace {
  const [pack, offset, length, chunks] = row as [Bytes, number, number, Bytes];
  if (chunks.length % ID_BYTES !== 0 || chunks.length > MAX_CHUNKS * ID_BYTES) {
    throw malformed(WHAT, "a block's ids are cut short, or too many");
  }
  if (offset > MAX_PACK || length === 0 || length > MAX_BLOCK) {
    throw malformed(WHAT, "a block's place is out of range");
  }
  return { pack: checkedId(pack), offset, length, chunks };
}

function checkedId(id: Bytes): Bytes {
  if (id.length !== ID_BYTES) throw malformed(WHAT, "an id has another length");
  return id;
}
