/** How a download comes to the person: the one place that decides it. */

export type Way = "memory" | "picker" | "opfs" | "parts";

const MEBIBYTE = 1024 * 1024;
/** What is handed over straight from memory. */
export const SMALL_BYTES = 64 * MEBIBYTE;
/** Of one of several ZIPs, where all of it at once fits nowhere. */
export const PART_BYTES = 512 * MEBIBYTE;
/** Of one file in memory, where it fits nowhere else. */
export const MOST_IN_MEMORY = 2048 * MEBIBYTE;

const SPARE_BYTES = 64 * MEBIBYTE;
const OVERHEAD_BYTES = 500; // what a ZIP has of a file beside its content, about

export interface Circumstances {
  /** Of everything that was chosen. */
  bytes: number;
  files: number;
  /** Whether the browser can ask where to save, or has asked. */
  canPick: boolean;
  /** What the browser lets this page keep; 0 where it lets it keep nothing. */
  freeBytes: number;
}

/**
 * Small things at once; else into the file that the person names; else by way of the browser's own
 * folder, on the disk; else in parts. A service worker is never needed: browsers refuse it behind a
 * certificate that was clicked through.
 */
export function chooseWay({ bytes, files, canPick, freeBytes }: Circumstances): Way {
  const whole = bytes + OVERHEAD_BYTES * files;
  if (whole <= SMALL_BYTES) return "memory";
  if (canPick) return "picker";
  return whole + SPARE_BYTES <= freeBytes ? "opfs" : "parts";
}
