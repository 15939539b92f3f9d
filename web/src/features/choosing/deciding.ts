/** What a person ticked, on top of what is ticked for them, and what that comes to. */

import type { Choosing, Place, PlaceJunk } from "../../api/ownDevice";

/** By a place's bytes or a piece of junk's pattern; what is not here is as the device said. */
export type Ticks = Record<string, boolean>;

export interface Sum {
  files: number;
  bytes: number;
  /** Everything in it is measured. */
  exact: boolean;
  /** Patterns of what stays out. */
  exclusions: string[];
}

export function isTicked(place: Place, ticks: Ticks): boolean {
  return ticks[place.path_bytes] ?? place.ticked;
}

export function isLeftOut(junk: PlaceJunk, ticks: Ticks): boolean {
  return ticks[junk.pattern] ?? junk.ticked;
}

export function chosenPlaces(choosing: Choosing, ticks: Ticks): Place[] {
  return choosing.places.filter((place) => isTicked(place, ticks));
}

/** Of a folder in a chosen one only the outer counts: it has the inner one in it. */
export function sumOf(choosing: Choosing, places: Place[], ticks: Ticks): Sum {
  const outer = places.filter((one) => !places.some((other) => isBelow(one.path, other.path)));
  const out = choosing.junk.filter((one) => isLeftOut(one, ticks) && isIn(one, outer));
  const less = (of: "files" | "bytes") => out.reduce((sum, one) => sum + one[of], 0);
  const all = (of: "files" | "bytes") => outer.reduce((sum, one) => sum + one[of], 0);
  return {
    files: Math.max(all("files") - less("files"), 0),
    bytes: Math.max(all("bytes") - less("bytes"), 0),
    exact: outer.every((one) => one.measuring === "done"),
    exclusions: out.map((one) => one.pattern),
  };
}

/** Junk of which a piece lies in what was chosen. */
export function isIn(junk: PlaceJunk, places: Place[]): boolean {
  return places.some((place) => isBelow(junk.path, place.path));
}

function isBelow(path: string, folder: string): boolean {
  return path !== folder && path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);
}
