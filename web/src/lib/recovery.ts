/** The recovery key as people see it: 8 groups of 4 characters and a group of 4 to check them. */

import { concat, utf8, type Bytes } from "./bytes";
import { Failure } from "./failures";

export const RECOVERY_KEY_BYTES = 20;

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base 32: no I, L, O, U

/** `XXXX-XXXX-...`, nine groups. */
export async function formatRecoveryKey(key: Bytes): Promise<string> {
  const text = encode(toNumber(key), 32) + (await checkGroup(key));
  return (text.match(/.{4}/g) ?? []).join("-");
}

/** Spaces, hyphens, case and look-alike letters do not matter; the check group does. */
export async function parseRecoveryKey(text: string): Promise<Bytes> {
  const plain = plainLetters(text);
  if (plain.length !== 36) throw mistyped(`it has ${plain.length} characters in place of 36`);
  if ([...plain].some((letter) => !ALPHABET.includes(letter))) {
    throw mistyped("it has a character that recovery keys do not use");
  }
  let number = 0n;
  for (const letter of plain.slice(0, 32)) number = number * 32n + BigInt(ALPHABET.indexOf(letter));
  const key = toBytes(number);
  if ((await checkGroup(key)) !== plain.slice(32)) {
    throw mistyped("its last group does not fit the others");
  }
  return key;
}

/** What the QR code of a kit says: four lines, the first one a name for the form. */
export interface KitCode {
  account: string;
  server: string;
  recoveryKey: string;
}

const KIT_CODE = "CSB-RECOVERY-1";

/** Plain lines and no address: no program that scans it opens, or sends, anything by itself. */
export function kitCode({ account, server, recoveryKey }: KitCode): string {
  return [KIT_CODE, account, server, recoveryKey].join("\n");
}

/** Null for whatever is no such text. */
export function readKitCode(text: string): KitCode | null {
  const [form, account, server, recoveryKey] = text.trim().split(/\r?\n/);
  if (form !== KIT_CODE || !account || !server || !recoveryKey) return null;
  return { account, server, recoveryKey };
}

/** What was typed, without what does not matter. */
export function plainLetters(text: string): string {
  return text.replace(/[\s-]/g, "").toUpperCase().replace(/[IL]/g, "1").replace(/O/g, "0");
}

function mistyped(why: string): Failure {
  return new Failure("recovery-key-mistyped", `That is not a recovery key: ${why}.`);
}

async function checkGroup(key: Bytes): Promise<string> {
  const message = concat(utf8("csb1/recovery-check"), key);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", message));
  return encode(toNumber(digest.subarray(0, 3)) >> 4n, 4);
}

function encode(number: bigint, letters: number): string {
  let text = "";
  for (let at = letters - 1; at >= 0; at -= 1) {
    text += ALPHABET[Number((number >> BigInt(5 * at)) & 31n)];
  }
  return text;
}

function toNumber(data: Uint8Array): bigint {
  return data.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function toBytes(number: bigint): Bytes {
  const key = new Uint8Array(RECOVERY_KEY_BYTES);
  for (let at = RECOVERY_KEY_BYTES - 1; at >= 0; at -= 1) {
    key[at] = Number(number & 255n);
    number >>= 8n;
  }
  return key;
}
