/**
 * The safe door: whether these pages come from the person's own client (`csb open`), which passes
 * our questions on, rather than from the server itself.
 */

/** Whose client it is. */
export interface Door {
  server: string;
  account: string;
  device: string;
  /** It also asks the device itself what to back up. */
  settingUp?: boolean;
}

const KEY_HEADER = "X-CSB-Door";
const KEY_PLACE = "csb-door"; // where the door's first page keeps the key

/** The door that served this page, or null on the server's own page. Never set in a worker. */
export const door: Door | null = readDoor();

/** What shows the door that we were let in. A worker that asks for itself must be given them. */
export function doorHeaders(): Record<string, string> {
  const key = door === null ? null : localStorage.getItem(KEY_PLACE);
  return key === null ? {} : { [KEY_HEADER]: key };
}

/** The address that other devices know the server by. */
export function serverAddress(): string {
  return door?.server ?? location.origin;
}

/** The door writes who it is into the page, so that the page knows it from the first moment. */
function readDoor(): Door | null {
  if (typeof document === "undefined") return null;
  const told = document.querySelector<HTMLMetaElement>('meta[name="csb-door"]');
  return told === null ? null : (JSON.parse(told.content) as Door);
}
