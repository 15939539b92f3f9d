/** What a person picks out of a snapshot, to be opened in this browser or put back on a device. */

import type { ListingEntry } from "../api/client";

/** One file or folder of a snapshot. */
export interface Chosen {
  /** Base64url of the exact bytes of the whole path. */
  path: string;
  /** For people; characters in place of what is not text. */
  name: string;
  kind: ListingEntry["kind"];
  /** Bytes; of a folder, of all files below it. */
  size: number;
  /** In a folder: all files below it. */
  files: number;
}

/** Some files and folders of one snapshot. */
export interface Selection {
  device: string;
  deviceName: string;
  sequence: number;
  items: Chosen[];
}
