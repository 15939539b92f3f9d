/** What lies under the pointer. */

import type { SnapshotInfo } from "../../../api/client";
import { useWords } from "../../../words/words";
import { firstAtOrAfter, nearest } from "../moments";
import { useTold } from "../told";
import { BAR } from "./Chart";
import type { Gap } from "./gaps";
import styles from "./Timeline.module.css";
import { toTime, toX, type Window } from "./window";

const WIDTH = 264;
const REACH = 14;

interface Props {
  x: number;
  moments: SnapshotInfo[];
  gaps: Gap[];
  window: Window;
  width: number;
}

export function Hint(props: Props) {
  const { x, moments, gaps, window, width } = props;
  const words = useWords().travel;
  const at = toTime(x, window, width);
  const one = moments[nearest(moments, at)]!;
  const gap = gaps.find((each) => each.start <= at && at <= each.end);
  const isNear = Math.abs(toX(one.received, window, width) - x) <= REACH;
  const left = Math.min(Math.max(x - WIDTH / 2, 0), Math.max(width - WIDTH, 0));
  return (
    <div className={styles.hint} style={{ transform: `translateX(${left}px)` }} aria-hidden="true">
      {gap && !isNear ? (
        <b>{words.gap(gap.days)}</b>
      ) : (
        <Snapshot snapshot={one} beside={countBeside(props)} />
      )}
    </div>
  );
}

function Snapshot({ snapshot, beside }: { snapshot: SnapshotInfo; beside: number }) {
  const words = useWords().travel;
  const told = useTold(snapshot);
  return (
    <>
      <b>{told.exact}</b>
      <span>{told.relative}</span>
      <span>{told.changed}</span>
      <span>{told.holds}</span>
      {told.marks.length > 0 && <span className={styles.lacking}>{told.marks.join(", ")}</span>}
      {beside > 1 && <small>{words.several(beside)}</small>}
    </>
  );
}

/** How many snapshots lie in the bar under the pointer. */
function countBeside({ x, moments, window, width }: Props): number {
  const slot = Math.floor(x / BAR);
  const from = firstAtOrAfter(moments, toTime(slot * BAR, window, width));
  return firstAtOrAfter(moments, toTime((slot + 1) * BAR, window, width)) - from;
}
