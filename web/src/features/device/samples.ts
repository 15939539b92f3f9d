/** Snapshots for tests. */

import type { SnapshotInfo } from "../../api/client";
import { DAYS } from "./moments";

/** One that was received so many days after 1970, as many as its number. */
export function snapshot(sequence: number, more: Partial<SnapshotInfo> = {}): SnapshotInfo {
  return {
    snapshot: String(sequence),
    sequence,
    started: 0,
    finished: 0,
    received: sequence * DAYS.day,
    files: 1,
    folders: 1,
    bytes: 1,
    files_changed: 1,
    bytes_read: 1,
    coverage: 1,
    partial: false,
    problems: [],
    expired: false,
    signed: "",
    signature: "",
    ...more,
  };
}
