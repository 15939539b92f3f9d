/** Where somebody is in a device's history, and the ways on from there. */

import type { Device, SnapshotInfo } from "../../api/client";
import type { Scope } from "../../api/queries";
import type { Place } from "./place";

export interface Travel {
  device: Device;
  scope: Scope;
  /** Oldest first. */
  moments: SnapshotInfo[];
  chosen: SnapshotInfo;
  /** The snapshot before the chosen one, if there is one left. */
  before: SnapshotInfo | null;
  place: Place;
  /** The address of here, but for some change. */
  address: (change: Partial<Place>) => string;
  go: (change: Partial<Place>) => void;
}
