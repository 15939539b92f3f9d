/** Extras: what few entries have, as `csbackup.format.extras` keeps it. */

import { compare, type Bytes } from "./bytes";
import { decodeVersioned, fields, malformed, natural, size, type Integer, type Value } from "./cbor";

const VERSION = 1;
const WHAT = "An entry's extras";
const MOST = 2n ** 63n;

export interface Extent {
  offset: bigint;
  length: bigint;
}

export interface Extras {
  /** Where a symlink points. */
  target: Bytes;
  xattrs: [name: Bytes, value: Bytes][];
  /** The extents of data of a file with holes, or null. */
  sparse: Extent[] | null;
  /** Equal for the names of one file; empty when it has one name only. */
  linkGroup: Bytes;
  device: { major: number; minor: number } | null;
  bornNs: bigint;
  windowsAttributes: number;
  streams: [name: Bytes, content: Bytes][];
}

/** Every field checked: what a restore does with them, it can do without looking again. */
export function readExtras(data: Bytes): Extras {
  const value = fields(decodeVersioned(data, VERSION, WHAT), "ibaabaiia", WHAT);
  const target = value[1] as Bytes;
  const sparse = value[3] as Value[];
  const linkGroup = value[4] as Bytes;
  if (target.includes(0) || ![0, 32].includes(linkGroup.length) || sparse.length > 1) {
    throw malformed(WHAT, "a field is out of range");
  }
  return {
    target,
    xattrs: readNamed(value[2] as Value[]),
    sparse: sparse.length === 0 ? null : readExtents(sparse[0]!),
    linkGroup,
    device: readDevice(value[5] as Value[]),
    bornNs: BigInt(value[6] as Integer),
    windowsAttributes: natural(value[7], WHAT),
    streams: readNamed(value[8] as Value[]),
  };
}

function readDevice(value: Value[]): Extras["device"] {
  if (value.length === 0) return null;
  const [major, minor] = fields(value, "ii", WHAT);
  return { major: natural(major, WHAT), minor: natural(minor, WHAT) };
}

/** Names with values; each name once, none empty, in order. */
function readNamed(rows: Value[]): [Bytes, Bytes][] {
  let before: Bytes = new Uint8Array(0);
  return rows.map((row) => {
    const [name, value] = fields(row, "bb", WHAT) as [Bytes, Bytes];
    if (compare(name, before) <= 0 || name.includes(0)) {
      throw malformed(WHAT, "its names are not in order");
    }
    before = name;
    return [name, value];
  });
}

/** Extents in order, none empty, none over another. */
function readExtents(rows: Value): Extent[] {
  if (!Array.isArray(rows)) throw malformed(WHAT, "its extents are not an array");
  let end = 0n;
  return rows.map((row) => {
    const [first, second] = fields(row, "ii", WHAT);
    const extent = { offset: size(first, WHAT), length: size(second, WHAT) };
    if (extent.offset < end || extent.length === 0n || extent.offset + extent.length >= MOST) {
      throw malformed(WHAT, "its extents are not in order");
    }
    end = extent.offset + extent.length;
    return extent;
  });
}
