/** Which system this browser runs on. */

export const SYSTEMS = ["linux", "macos", "windows"] as const;
export type System = (typeof SYSTEMS)[number];

export function detectSystem(userAgent: string): System {
  if (/Windows/i.test(userAgent)) return "windows";
  if (/Mac OS X|Macintosh|iPhone|iPad/i.test(userAgent)) return "macos";
  return "linux";
}
