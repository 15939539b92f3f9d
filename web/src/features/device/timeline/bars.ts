/** What the timeline draws of many snapshots: one bar for those that would lie on one another. */

import type { SnapshotInfo } from "../../../api/client";
import { firstAtOrAfter, problemsOf } from "../moments";
import { toX, type Window } from "./window";

export interface Bar {
  /** Where it stands, counted in bars from the left. */
  slot: number;
  snapshots: number;
  /** Bytes that had changed, and so were read. */
  bytes: number;
  problems: number;
  /** The least share that any of them holds. */
  coverage: number;
  /** Only checkpoints: nothing here is a finished snapshot. */
  partial: boolean;
}

export function barsOf(
  moments: SnapshotInfo[],
  window: Window,
  width: number,
  barWidth: number,
): Bar[] {
  const bars = new Map<number, Bar>();
  const from = firstAtOrAfter(moments, window.start);
  const to = firstAtOrAfter(moments, window.end);
  for (let index = from; index < to; index += 1) {
    const one = moments[index]!;
    const slot = Math.floor(toX(one.received, window, width) / barWidth);
    bars.set(slot, joined(bars.get(slot), one, slot));
  }
  return [...bars.values()];
}

function joined(bar: Bar | undefined, one: SnapshotInfo, slot: number): Bar {
  return {
    slot,
    snapshots: (bar?.snapshots ?? 0) + 1,
    bytes: (bar?.bytes ?? 0) + one.bytes_read,
    problems: Math.max(bar?.problems ?? 0, problemsOf(one)),
    coverage: Math.min(bar?.coverage ?? 1, one.coverage),
    partial: (bar?.partial ?? true) && one.partial,
  };
}

/**
 * How tall bytes are, from 0 to 1. A first backup is thousands of times a usual one: the scale is
 * straight among usual sizes, and bends above them so that one giant does not flatten the rest.
 */
export function heightScale(bars: Bar[]): (bytes: number) => number {
  const sizes = bars.map((bar) => bar.bytes).filter((bytes) => bytes > 0);
  const sorted = sizes.toSorted((one, other) => one - other);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 1;
  const bend = (bytes: number) => Math.log1p(bytes / usual);
  const tallest = bend(sorted.at(-1) ?? 1);
  return (bytes) => bend(bytes) / tallest;
}

/** The columns of pixels in which at least one of them lies. */
export function columns(moments: { received: number }[], window: Window, width: number): number[] {
  const found: number[] = [];
  const to = firstAtOrAfter(moments, window.end);
  for (let index = firstAtOrAfter(moments, window.start); index < to; index += 1) {
    const column = Math.floor(toX(moments[index]!.received, window, width));
    if (column !== found.at(-1)) found.push(column);
  }
  return found;
}
