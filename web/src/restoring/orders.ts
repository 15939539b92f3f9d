/** What a restore order says, before it is signed. */

import type { Device } from "../api/client";
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
