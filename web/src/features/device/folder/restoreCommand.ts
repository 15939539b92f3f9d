/** The command that brings a folder of a snapshot back, beside what is there now. */

import { fromBase64Url } from "../../../lib/bytes";

/** `path`: base64url; one that is not text cannot be typed, so the whole snapshot comes back. */
export function restoreCommand(device: string, sequence: number, path: string): string {
  const text = asText(path);
  const what = text === null || text === "" ? "" : ` ${quoted(text)}`;
  return `csb restore${what} --device ${quoted(device)} --snapshot ${sequence} --to ~/restored`;
}

function asText(path: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(path));
  } catch {
    return null;
  }
}

/** As a shell takes it for one word, whatever it holds. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
