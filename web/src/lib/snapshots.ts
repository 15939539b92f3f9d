/**
 * Snapshots and certificates: what a device says about its backup, signed, each naming the last.
 *
 * The same fields as `csbackup.format.snapshot`; `docs/format.md` says what they mean.
 */

import { equal, type Bytes } from "./bytes";
import { decodeVersioned, encode, fields, malformed, natural, type Value } from "./cbor";
import { Failure } from "./failures";

const VERSION = 1;
const SHORT = 16;
const LONG = 32;
const PARTIAL = 1;

export interface Certificate {
  account: Bytes;
  device: Bytes;
  serial: number;
  signingPublic: Bytes;
  /** Whether the key may store snapshots. */
  puts: boolean;
}

export interface Snapshot {
  account: Bytes;
  device: Bytes;
  serial: number;
  sequence: number;
  /** Empty for the first. */
  previous: Bytes;
  roots: Bytes;
}

export function readCertificate(data: Bytes): Certificate {
  const what = "A device's certificate";
  const value = fields(canonical(data, what), "ibbibbia", what);
  const powers = value[7] as Bytes[];
  const serial = natural(value[3], what);
  if (serial < 1) throw malformed(what, "a field is out of range");
  return {
    account: ofLength(value[1] as Bytes, SHORT, what),
    device: ofLength(value[2] as Bytes, SHORT, what),
    serial,
    signingPublic: ofLength(value[4] as Bytes, LONG, what),
    puts: powers.some((power) => new TextDecoder().decode(power) === "put"),
  };
}

/** The signature is the caller's to check. */
export function readSnapshot(data: Bytes): Snapshot {
  const what = "A snapshot";
  const value = fields(canonical(data, what), "ibbibibiibbbaiaiab", what);
  const sequence = natural(value[5], what);
  const previous = value[6] as Bytes;
  if (sequence < 1 || previous.length !== (sequence === 1 ? 0 : LONG)) {
    throw malformed(what, "its place in the chain is wrong");
  }
  if (natural(value[15], what) > PARTIAL) {
    throw new Failure("unknown-version", "A snapshot has flags this page does not know.");
  }
  return {
    account: ofLength(value[1] as Bytes, SHORT, what),
    device: ofLength(value[2] as Bytes, SHORT, what),
    serial: natural(value[3], what),
    sequence,
    previous,
    roots: ofLength(value[10] as Bytes, LONG, what),
  };
}

/** These have one encoding: what is signed twice in two forms would have two ids. */
function canonical(data: Bytes, what: string): Value[] {
  const value = decodeVersioned(data, VERSION, what);
  if (!equal(encode(value), data)) throw malformed(what, "it is not in the one encoding there is");
  return value;
}

function ofLength(data: Bytes, length: number, what: string): Bytes {
  if (data.length !== length) throw malformed(what, "a field has another length");
  return data;
}
