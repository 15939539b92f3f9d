/**
 * Rows of a binary answer: CBOR arrays of integers and byte strings, read without trusting them.
 *
 * Nothing is made before its length was compared with what is there, and byte strings stay views.
 */

import type { Bytes } from "../bytes";
import { malformed } from "../cbor";

const UNSIGNED = 0;
const BYTES = 2;
const ARRAY = 4;

export type Field = number | Bytes;

/** At most `most` rows whose fields are as `kinds` says: `i` for a number, `b` for bytes. */
export function readRows(data: Bytes, kinds: string, most: number, what: string): Field[][] {
  const cursor = new Cursor(data, what);
  const count = cursor.take(ARRAY);
  if (count > most) throw malformed(what, "it has more rows than were asked for");
  const rows = Array.from({ length: count }, () => readRow(cursor, kinds, what));
  if (!cursor.atEnd) throw malformed(what, "something stands behind it");
  return rows;
}

function readRow(cursor: Cursor, kinds: string, what: string): Field[] {
  if (cursor.take(ARRAY) !== kinds.length) throw malformed(what, "a row has other fields");
  return Array.from(kinds, (kind) => {
    return kind === "i" ? cursor.take(UNSIGNED) : cursor.bytes(cursor.take(BYTES));
  });
}

class Cursor {
  readonly #data: Bytes;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  constructor(data: Bytes, what: string) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.#what = what;
  }

  get atEnd(): boolean {
    return this.#at === this.#data.length;
  }

  /** The number or the length that the next item begins with, when it is of this type. */
  take(type: number): number {
    const [head] = this.bytes(1);
    const size = head! & 31;
    if (head! >> 5 !== type || size > 27) throw malformed(this.#what, "a field has another type");
    if (size < 24) return size;
    const width = 2 ** (size - 24);
    const at = this.bytes(width).byteOffset - this.#data.byteOffset;
    if (width === 1) return this.#view.getUint8(at);
    if (width === 2) return this.#view.getUint16(at);
    if (width === 4) return this.#view.getUint32(at);
    const number = this.#view.getBigUint64(at);
    if (number > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(this.#what, "a number is too big");
    return Number(number);
  }

  bytes(length: number): Bytes {
    const end = this.#at + length;
    if (end > this.#data.length) throw malformed(this.#what, "it is cut short");
    const taken = this.#data.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
