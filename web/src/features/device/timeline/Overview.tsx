/** All of the time as a narrow strip, with the stretch that is shown above marked in it. */

import { memo, useMemo } from "react";

import type { SnapshotInfo } from "../../../api/client";
import { columns } from "./bars";
import styles from "./Timeline.module.css";
import { usePointer } from "./usePointer";
import { toTime, toX, type Window } from "./window";

const HEIGHT = 22;

interface Props {
  moments: SnapshotInfo[];
  whole: Window;
  window: Window;
  width: number;
  onMove: (window: Window) => void;
}

export function Overview({ moments, whole, window, width, onMove }: Props) {
  const half = (window.end - window.start) / 2;
  const moveTo = (x: number) => {
    const at = toTime(x, whole, width);
    onMove({ start: at - half, end: at + half });
  };
  const { handlers } = usePointer({ onPress: moveTo, onDrag: moveTo });
  const left = toX(window.start, whole, width);
  const right = toX(window.end, whole, width);
  return (
    <div className={styles.overview} {...handlers} aria-hidden="true">
      <Density moments={moments} whole={whole} width={width} />
      <div
        className={styles.brush}
        style={{ transform: `translateX(${left}px)`, width: Math.max(right - left, 6) }}
      />
    </div>
  );
}

const Density = memo(function Density({
  moments,
  whole,
  width,
}: Pick<Props, "moments" | "whole" | "width">) {
  const path = useMemo(
    () =>
      columns(moments, whole, width)
        .map((x) => `M${x + 0.5} 6v${HEIGHT - 12}`)
        .join(""),
    [moments, whole, width],
  );
  return (
    <svg width={width} height={HEIGHT} className={styles.chart}>
      <path className={styles.moments} d={path} />
    </svg>
  );
});
