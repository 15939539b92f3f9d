/** HKDF-SHA-256 (RFC 5869), the step from every key to the next. */

import { utf8, type Bytes } from "./bytes";

export async function derive(
  secret: Bytes,
  salt: Bytes,
  info: Bytes | string,
  length = 32,
): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const context = typeof info === "string" ? utf8(info) : info;
  const algorithm = { name: "HKDF", hash: "SHA-256", salt, info: context };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, length * 8));
}
