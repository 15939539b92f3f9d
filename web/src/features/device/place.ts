/** Where somebody is in a device's history, as it stands in the address: it can be kept and shared. */

export const VIEWS = ["files", "changes", "problems", "snapshots"] as const;
export type View = (typeof VIEWS)[number];

export interface Place {
  /** The number of the snapshot; null follows the newest. */
  sequence: number | null;
  /** The folder shown, base64url; empty for the roots. */
  path: string;
  view: View;
  /** What is looked for by name; empty when nothing is. */
  search: string;
  /** The file whose versions are shown, base64url of its whole path. */
  file: string | null;
  /** What the moment is compared with; null: the one before. */
  since: number | null;
}

export function readPlace(
  sequence: string | undefined,
  path: string | undefined,
  search: string,
): Place {
  const asked = new URLSearchParams(search);
  return {
    sequence: wholeNumber(sequence),
    path: path ?? "",
    view: VIEWS.find((one) => one === asked.get("view")) ?? "files",
    search: asked.get("search") ?? "",
    file: asked.get("file"),
    since: wholeNumber(asked.get("since")),
  };
}

/** `base`: the address of the device. */
export function addressOf(base: string, place: Place): string {
  const asked = new URLSearchParams();
  if (place.view !== "files") asked.set("view", place.view);
  if (place.search !== "") asked.set("search", place.search);
  if (place.file !== null) asked.set("file", place.file);
  if (place.since !== null) asked.set("since", String(place.since));
  const snapshot = `/snapshots/${place.sequence ?? "newest"}`;
  const folder = place.path === "" ? "" : `/${place.path}`;
  const where = place.sequence === null && folder === "" ? "" : `${snapshot}${folder}`;
  return `${base}${where}${asked.size > 0 ? `?${asked}` : ""}`;
}

function wholeNumber(text: string | null | undefined): number | null {
  return text && /^\d+$/.test(text) ? Number(text) : null;
}
