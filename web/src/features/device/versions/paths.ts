/** A path's last name, and the folder it lies in. */

import { fromBase64Url, toBase64, toBase64Url } from "../../../lib/bytes";

const SLASH = 0x2f;
const decoder = new TextDecoder();

export interface NameAndFolder {
  name: string;
  /** Base64url; empty when there is nothing above. */
  folder: string;
  /** For people. */
  text: string;
}

/** Which entry of a folder a path is, by `name_bytes`; null if it lies elsewhere. */
export function entryAt(folder: string, path: string): string | null {
  const bytes = bytesOf(path);
  if (folder === "") return toBase64(bytes); // a root's name is its whole path
  const place = nameAndFolder(path);
  return place.folder === folder ? toBase64(bytes.slice(bytes.lastIndexOf(SLASH) + 1)) : null;
}

/** `path`: base64url; what is none gives a path of no name. */
export function nameAndFolder(path: string): NameAndFolder {
  const bytes = bytesOf(path);
  const cut = bytes.lastIndexOf(SLASH);
  return {
    name: decoder.decode(bytes.slice(cut + 1)),
    folder: cut <= 0 ? "" : toBase64Url(bytes.slice(0, cut)),
    text: decoder.decode(bytes),
  };
}

function bytesOf(path: string) {
  try {
    return fromBase64Url(path);
  } catch {
    return new Uint8Array(); // somebody typed the address
  }
}
