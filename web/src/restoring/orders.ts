/** What a restore order says, before it is signed. */

import type { Device, OrderPlan } from "../api/client";
import { fromBase64, fromBase64Url, fromHex, utf8 } from "../lib/bytes";
import type { OrderInput } from "../lib/orders";
import type { Selection } from "../vault/types";

/** What a person decided about it. */
export interface OrderChoice {
  device: Device;
  /** The folder it goes to; empty: each where it was. */
  target: string;
  /** Whether what is there is replaced, once somebody at the device agreed. */
  overwrite: boolean;
}

const WHOLE_PATHS = { windows: /^[A-Za-z]:[\\/]|^\\\\[^\\]/, other: /^\// };

/** Whether it is a whole path in the manner of the device's system. */
export function isWholePath(path: string, os: string): boolean {
  return WHOLE_PATHS[isWindows(os) ? "windows" : "other"].test(path);
}

export function isWindows(os: string): boolean {
  return /^windows/i.test(os);
}

/** Why somebody at the device has to agree first. That a folder is there already, only it knows. */
export function reasonsToAsk(choice: OrderChoice, selection: Selection): ("replaces" | "foreign")[] {
  return [
    ...(choice.overwrite ? (["replaces"] as const) : []),
    ...(choice.device.device !== selection.device ? (["foreign"] as const) : []),
  ];
}

/** All that is signed. `now`: milliseconds since 1970. */
export function orderInput(
  selection: Selection,
  { device, target, overwrite }: OrderChoice,
  plan: OrderPlan,
  now: number,
): OrderInput {
  return {
    device: fromHex(device.device),
    source: fromHex(selection.device),
    sequence: selection.sequence,
    paths: selection.items.map((item) => fromBase64Url(item.path)),
    target: utf8(target),
    overwrite,
    plan: {
      number: plan.number,
      serial: plan.serial,
      certificate: fromBase64(plan.certificate),
      certificateSignature: fromBase64(plan.certificate_signature),
      snapshot: fromHex(plan.snapshot),
      dataKeys: plan.data_keys.map(fromBase64),
    },
    now,
  };
}
