/** CBOR as the format uses it: integers, byte strings and arrays, nothing else. */

import { decode as decodeCbor } from "cborg";

import { concat, type Bytes } from "./bytes";
import { Failure } from "./failures";

export type Integer = number | bigint;
export type Value = Integer | Bytes | Value[];

/** The array that `data` holds; a failure when it holds anything else. */
export function decode(data: Uint8Array, what: string): Value[] {
  let value: unknown;
  try {
    value = decodeCbor(data, { allowIndefinite: false, allowUndefined: false });
  } catch {
    throw malformed(what, "it is not valid CBOR");
  }
  if (!Array.isArray(value)) throw malformed(what, "it is not an array");
  return value as Value[];
}

/** `decode`, and the first field is `version`. */
export function decodeVersioned(data: Uint8Array, version: number, what: string): Value[] {
  const value = decode(data, what);
  if (typeOf(value[0]) !== "i") throw malformed(what, "it names no version");
  if (value[0] !== version) {
    throw new Failure("unknown-version", `${what} has a version this page does not know.`);
  }
  return value;
}

/** The one encoding of `value`: shortest integers, definite lengths. */
export function encode(value: Value): Bytes {
  if (Array.isArray(value)) return concat(head(4, value.length), ...value.map(encode));
  if (value instanceof Uint8Array) return concat(head(2, value.length), value);
  const number = BigInt(value);
  return number < 0n ? head(1, -1n - number) : head(0, number);
}

function head(kind: number, argument: Integer): Bytes {
  const number = BigInt(argument);
  if (number < 24n) return new Uint8Array([(kind << 5) | Number(number)]);
  const power = [0, 1, 2, 3].find((one) => number < 1n << BigInt(8 << one))!;
  const bytes = new Uint8Array(1 + (1 << power));
  bytes[0] = (kind << 5) | (24 + power);
  for (let at = bytes.length - 1, rest = number; at > 0; at -= 1, rest >>= 8n) {
    bytes[at] = Number(rest & 255n);
  }
  return bytes;
}

export function malformed(what: string, why: string): Failure {
  return new Failure("malformed", `${what} cannot be read: ${why}.`);
}

/** What a field is, for checks: `i` integer of 64 bits, `b` byte string, `a` array, `?` else. */
export function typeOf(value: unknown): "i" | "b" | "a" | "?" {
  if (Number.isSafeInteger(value)) return "i";
  if (typeof value === "bigint") return BigInt.asIntN(64, value) === value ? "i" : "?";
  if (value instanceof Uint8Array) return "b";
  return Array.isArray(value) ? "a" : "?";
}

/** `value` as an array whose fields are of the given kinds, one letter each. */
export function fields(value: unknown, kinds: string, what: string): Value[] {
  if (!Array.isArray(value) || value.length !== kinds.length) {
    throw malformed(what, `it does not have ${kinds.length} fields`);
  }
  if (value.map(typeOf).join("") !== kinds) {
    throw malformed(what, "a field has another type than the format says");
  }
  return value as Value[];
}

/** A number of at most `most`, never negative. */
export function natural(value: Value | undefined, what: string, most = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== "number" || value < 0 || value > most) throw outOfRange(what);
  return value;
}

/** A size in bytes: it may be beyond what a number holds exactly. */
export function size(value: Value | undefined, what: string): bigint {
  const exact = BigInt(value as Integer);
  if (exact < 0n) throw outOfRange(what);
  return exact;
}

function outOfRange(what: string): Failure {
  return malformed(what, "a number is out of range");
}
