/** CBOR as the format uses it: integers, byte strings and arrays, nothing else. */

import { decode as decodeCbor } from "cborg";

import { Failure } from "./failures";
import type { Bytes } from "./bytes";

export type Integer = number | bigint;
export type Value = Integer | Bytes | Value[];

/** The array that `data` holds; a failure when it holds anything else. */
export function decode(data: Uint8Array, what: string): Value[] {
  let value: unknown;
  try {
    value = decodeCbor(data);
  } catch {
    throw malformed(what, "it is not valid CBOR");
  }
  if (!Array.isArray(value)) throw malformed(what, "it is not an array");
  return value as Value[];
}

export function malformed(what: string, why: string): Failure {
  return new Failure("malformed", `${what} cannot be read: ${why}.`);
}

/** What a field is, for checks: `i` integer, `b` byte string, `a` array, `?` nothing we know. */
export function typeOf(value: unknown): "i" | "b" | "a" | "?" {
  if (typeof value === "bigint" || Number.isSafeInteger(value)) return "i";
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

/** An integer that fits a number exactly; sizes and counts always do. */
export function count(value: Value | undefined, what: string): number {
  if (typeof value !== "number" || value < 0) throw malformed(what, "a number is out of range");
  return value;
}
