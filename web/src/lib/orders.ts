/**
 * Restore orders: a person's signed word that a device may write back what was backed up.
 *
 * The same bytes as `csbackup.format.orders`; `docs/format.md` says what they mean. The server says
 * which data keys a device needs; here they are opened, and sealed to that device alone.
 */

import { concat, equal, utf8, type Bytes } from "./bytes";
import { decodeVersioned, encode, fields, malformed } from "./cbor";
import { Failure } from "./failures";
import { seal } from "./hpke";
import { checkSignature, openDataKey, sign, type AccountKeys } from "./keys";

const VERSION = 1;
const NAME_BYTES = 16;
const SEALED_KEY_BYTES = 80;
const LIFE_DAYS = 7;
const DAY_MS = 24 * 3600 * 1000;
const NANOSECONDS = 1_000_000n;
const MOST_PATHS = 1_000;
const MOST_PATH_BYTES = 200 * 1024;
const MOST_KEYS = 10_000;
const OPENED_AT_ONCE = 64;

/** What the server answered when it was asked what the order takes. */
export interface OrderPlan {
  number: number;
  serial: number;
  certificate: Bytes;
  certificateSignature: Bytes;
  snapshot: Bytes;
  /** Sealed to the account, as they stand in blocks. */
  dataKeys: Bytes[];
}

export interface OrderInput {
  /** Who is to write. */
  device: Bytes;
  /** Whose snapshot it is. */
  source: Bytes;
  sequence: number;
  /** Whole paths of the snapshot, exact bytes; everything without any. */
  paths: Bytes[];
  /** Empty: where it was; else the whole path of a folder on the device. */
  target: Bytes;
  /** Replace what is there, once a person at the device agrees. */
  overwrite: boolean;
  plan: OrderPlan;
  /** Milliseconds since 1970. */
  now: number;
}

/** Random bytes, never used twice. */
export interface OrderRandomness {
  order: Bytes;
  ephemeral: Bytes;
}

export interface SignedOrder {
  order: Bytes;
  signature: Bytes;
}

export function drawOrder(): OrderRandomness {
  return {
    order: crypto.getRandomValues(new Uint8Array(16)),
    ephemeral: crypto.getRandomValues(new Uint8Array(32)),
  };
}

/**
 * An order, ready to be sent. Nothing of the plan is believed that can be checked: the certificate
 * is the account's word for that device, the number one that leaves room for others, and every key
 * is a data key of this account. Which of them the device needs is the server's word.
 */
export async function makeOrder(
  keys: AccountKeys,
  input: OrderInput,
  drawn: OrderRandomness = drawOrder(),
): Promise<SignedOrder> {
  checkPaths(input.paths);
  checkNumber(input.plan.number, input.now);
  const recipient = await sealingKey(keys, input);
  const info = concat(utf8("csb1/order-keys"), keys.account, input.device, drawn.order);
  const rows = await openedKeys(keys, input.plan.dataKeys);
  const created = BigInt(input.now) * NANOSECONDS;
  const order = encode([
    VERSION,
    keys.account,
    drawn.order,
    input.device,
    input.plan.serial,
    input.plan.number,
    input.source,
    input.sequence,
    input.plan.snapshot,
    input.paths,
    input.target,
    input.overwrite ? 1 : 0,
    created,
    created + BigInt(LIFE_DAYS * DAY_MS) * NANOSECONDS,
    await seal(rows, recipient, info, drawn.ephemeral),
  ]);
  return { order, signature: await sign(keys, "order", order) };
}

/** The device's public key to seal to, out of a certificate that the account signed for it. */
async function sealingKey(keys: AccountKeys, { device, plan }: OrderInput): Promise<Bytes> {
  const what = "A device's certificate";
  const { certificate, certificateSignature } = plan;
  await checkSignature(keys.accountPublic, "certificate", certificate, certificateSignature);
  const value = fields(decodeVersioned(certificate, VERSION, what), "ibbibbia", what);
  const [, account, named, serial, , sealing] = value as [number, Bytes, Bytes, number, Bytes, Bytes];
  if (!equal(account, keys.account) || !equal(named, device) || serial !== plan.serial) {
    throw new Failure("signature-invalid", "The certificate is of another device.");
  }
  if (sealing.length !== 32) throw malformed(what, "a key has another length");
  return sealing;
}

/** A server that names an absurd number would have the device refuse every order after this one. */
function checkNumber(number: number, now: number): void {
  if (!Number.isSafeInteger(number) || number < 1 || number > now + 30 * DAY_MS) {
    throw malformed("What the server says about the order", "its number is out of range");
  }
}

function checkPaths(paths: Bytes[]): void {
  const total = paths.reduce((sum, path) => sum + path.length, 0);
  if (paths.length > MOST_PATHS || total > MOST_PATH_BYTES) {
    throw malformed("A restore order", `it names more than ${MOST_PATHS} paths, or too long ones`);
  }
}

/** Each key behind the beginning of its sealed form, by which blocks name it. */
async function openedKeys(keys: AccountKeys, sealed: Bytes[]): Promise<Bytes> {
  if (sealed.length > MOST_KEYS || sealed.some((key) => key.length !== SEALED_KEY_BYTES)) {
    throw malformed("What the server says about the order", "its keys are too many, or are none");
  }
  const rows: Bytes[] = [];
  for (let at = 0; at < sealed.length; at += OPENED_AT_ONCE) {
    const some = sealed.slice(at, at + OPENED_AT_ONCE);
    const opened = await Promise.all(some.map((key) => openDataKey(key, keys)));
    some.forEach((key, number) => rows.push(key.slice(0, NAME_BYTES), opened[number]!));
  }
  return concat(...rows);
}
