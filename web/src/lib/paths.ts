/** Paths inside a snapshot: exact bytes, shown as text, carried in addresses as base64url. */

import { concat, fromBase64, fromBase64Url, toBase64Url, utf8, type Bytes } from "./bytes";

const SLASH = 0x2f;
const decoder = new TextDecoder();

/** The path of an entry of the folder at `folder`; a root's name is its whole path. */
export function childPath(folder: string, nameBase64: string): string {
  const name = fromBase64(nameBase64);
  if (folder === "") return toBase64Url(name);
  const parent = fromBase64Url(folder);
  const joint = parent.at(-1) === SLASH ? utf8("") : utf8("/");
  return toBase64Url(concat(parent, joint, name));
}

/** A root's whole path as its last name, and where that lies. */
export function splitRoot(root: string): { name: string; place: string } {
  const cut = root.lastIndexOf("/");
  const name = root.slice(cut + 1);
  if (cut === -1 || name === "") return { name: root, place: "" };
  return { name, place: root.slice(0, cut) || "/" };
}

export interface Crumb {
  text: string;
  path: string;
}

/** The way from the root to `path`. `roots`: the paths of what the source backs up. */
export function crumbs(path: string, roots: string[]): Crumb[] {
  if (path === "") return [];
  const whole = fromBase64Url(path);
  const root = longestRoot(whole, roots.map(fromBase64));
  const found = [crumb(whole.slice(0, root))];
  let start = root;
  while (start < whole.length) {
    if (whole[start] === SLASH) start += 1;
    const next = whole.indexOf(SLASH, start);
    const end = next === -1 ? whole.length : next;
    found.push({ text: decoder.decode(whole.slice(start, end)), path: toBase64Url(whole.slice(0, end)) });
    start = end;
  }
  return found.filter((one) => one.text !== "");
}

function crumb(bytes: Bytes): Crumb {
  return { text: decoder.decode(bytes), path: toBase64Url(bytes) };
}

function longestRoot(path: Bytes, roots: Bytes[]): number {
  const fitting = roots.filter((root) => {
    const joint = root.at(-1) === SLASH || path.length === root.length || path[root.length] === SLASH;
    return joint && root.every((byte, at) => path[at] === byte);
  });
  return Math.max(0, ...fitting.map((root) => root.length));
}
