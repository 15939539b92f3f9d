/** Names as they can stand in a ZIP: text, no way out of the folder, none twice. */

import { toHex, utf8, type Bytes } from "../bytes";
import type { Hash } from "../hashing";

const MOST_BYTES = 255; // what file systems take
const KEPT_OF_LONG = 230;
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const loose = new TextDecoder("utf-8", { ignoreBOM: true });

/** Control characters, what a ZIP takes for a separator, and halves of characters. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\u0000-\u001f\u007f-\u009f/\\\ufffe\uffff]/g;

/** A path for people: characters in place of what is not text. */
export function shown(path: Bytes): string {
  return loose.decode(path);
}

/** The names of one folder. Those that are safe stay as they are, to the byte. */
export class SafeNames {
  readonly #hash: Hash;
  readonly #isTop: boolean;
  readonly #given = new Set<string>();

  /** `isTop`: nothing stands before these names in a path. */
  constructor(hash: Hash, isTop: boolean) {
    this.#hash = hash;
    this.#isTop = isTop;
  }

  /** What to call `name`; another one when something here has that name already. */
  give(name: Bytes): string {
    const safe = this.#short(this.#escaped(name), name);
    let given = safe;
    for (let number = 2; this.#given.has(given); number += 1) given = numbered(safe, number);
    // In a folder no name stands twice: only one that was changed can meet another, and shows it.
    if (this.#isTop || given.includes("%") || given !== safe) this.#given.add(given);
    return given;
  }

  #escaped(name: Bytes): string {
    const text = decode(name).replace(UNSAFE, (character) => escape(utf8(character)));
    const isDrive = this.#isTop && /^[A-Za-z]:/.test(text);
    const safe = isDrive ? text.replace(":", "%3A") : text;
    return safe === "" || safe === "." || safe === ".." ? escape(name) || "_" : safe;
  }

  /** What is cut to fit gets a part of its hash: two long names stay two. */
  #short(text: string, name: Bytes): string {
    if (utf8(text).length <= MOST_BYTES) return text;
    const cut = loose.decode(utf8(text).slice(0, KEPT_OF_LONG)).replace(/\ufffd+$/, "");
    return `${cut}%${toHex(this.#hash(name).subarray(0, 4))}`;
  }
}

/** `report.pdf` as `report (2).pdf`. */
function numbered(name: string, number: number): string {
  const dot = name.lastIndexOf(".");
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return `${stem} (${number})${name.slice(stem.length)}`;
}

/** Bytes that are not text as `%E9`. */
function decode(name: Bytes): string {
  try {
    return strict.decode(name);
  } catch {
    return decodeByParts(name);
  }
}

function decodeByParts(name: Bytes): string {
  let text = "";
  for (let at = 0; at < name.length; ) {
    const length = [1, 2, 3, 4].find((one) => isText(name.subarray(at, at + one)));
    const part = name.subarray(at, at + (length ?? 1));
    text += length === undefined ? escape(part) : strict.decode(part);
    at += part.length;
  }
  return text;
}

function isText(bytes: Bytes): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function escape(bytes: Bytes): string {
  return Array.from(bytes, (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

// What no file may be called on some system, and what turns the direction of a text.
// oxlint-disable-next-line no-control-regex
const NOT_IN_FILE_NAMES = /[\u0000-\u001f\u007f-\u009f"*/:<>?\\|\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What a download may be called on any system. */
export function fileName(name: string): string {
  const safe = name.replace(NOT_IN_FILE_NAMES, "_").replace(/^[. ]+|[. ]+$/g, "");
  return safe.slice(0, 150) || "download";
}
