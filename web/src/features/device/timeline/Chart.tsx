/** The drawing of the timeline: bars, gaps, marks and the axis. It says nothing the slider does not. */

import { memo, useId, useMemo } from "react";

import type { SnapshotInfo } from "../../../api/client";
import { useSpeaking } from "../../../words/words";
import { barsOf, columns, heightScale, type Bar } from "./bars";
import type { Gap } from "./gaps";
import { ticksOf } from "./ticks";
import styles from "./Timeline.module.css";
import { toX, type Window } from "./window";

export const BAR = 7;
const TICK_ROOM = 76;
const LEAST_BAR = 4;
const MARK_ROOM = 12;
const GAP = 12;

interface Props {
  moments: SnapshotInfo[];
  stubs: SnapshotInfo[];
  gaps: Gap[];
  window: Window;
  width: number;
  /** Of the bars; the axis lies below. */
  height: number;
}

export const Chart = memo(function Chart(props: Props) {
  const { moments, stubs, window, width, height } = props;
  const bars = useMemo(() => barsOf(moments, window, width, BAR), [moments, window, width]);
  const tall = useMemo(() => heightScale(bars), [bars]);
  return (
    <svg className={styles.chart} width={width} height={height + 26} aria-hidden="true">
      <Gaps {...props} />
      <Axis {...props} />
      <path className={styles.stubs} d={strokes(columns(stubs, window, width), height, 7)} />
      <path className={styles.moments} d={strokes(columns(moments, window, width), height, 5)} />
      {bars.map((bar) => (
        <BarDrawn
          key={bar.slot}
          bar={bar}
          floor={height}
          height={LEAST_BAR + tall(bar.bytes) * (height - LEAST_BAR - MARK_ROOM)}
        />
      ))}
      <line className={styles.floor} x1={0} x2={width} y1={height + 0.5} y2={height + 0.5} />
    </svg>
  );
});

function strokes(at: number[], top: number, length: number): string {
  return at.map((x) => `M${x + 0.5} ${top + 1}v${length}`).join("");
}

function BarDrawn({ bar, floor, height }: { bar: Bar; floor: number; height: number }) {
  const x = bar.slot * BAR;
  const top = floor - height;
  const lacks = bar.problems > 0 || bar.coverage < 1;
  return (
    <g data-lacks={lacks} data-partial={bar.partial}>
      <rect className={styles.bar} x={x + 1} y={top} width={BAR - 2} height={height} rx={1.5} />
      {lacks && <path className={styles.lack} d={`M${x + BAR / 2} ${top - 10}l4 7h-8z`} />}
    </g>
  );
}

function Gaps({ gaps, window, width, height }: Props) {
  const pattern = useId();
  const shown = gaps.filter((gap) => gap.end > window.start && gap.start < window.end);
  return (
    <>
      <pattern id={pattern} width="6" height="6" patternUnits="userSpaceOnUse">
        <path className={styles.hatch} d="M-1 7 7 -1M-1 1 1 -1M5 7 7 5" />
      </pattern>
      {shown.map((gap) => {
        const left = Math.max(toX(gap.start, window, width), 0);
        const right = Math.min(toX(gap.end, window, width), width);
        const size = { x: left, width: Math.max(right - left, 1.5), y: height - GAP, height: GAP };
        return (
          <g key={gap.start}>
            <rect className={styles.gap} {...size} />
            <rect fill={`url(#${pattern})`} {...size} />
          </g>
        );
      })}
    </>
  );
}

function Axis({ window, width, height }: Props) {
  const { locale } = useSpeaking();
  const ticks = useMemo(() => ticksOf(window, width, TICK_ROOM, locale), [window, width, locale]);
  return (
    <g className={styles.axis}>
      {ticks.map(({ at, text }) => {
        const x = Math.round(toX(at, window, width));
        const edge = x < 22 ? "start" : x > width - 22 ? "end" : "middle";
        return (
          <g key={at}>
            <line x1={x + 0.5} x2={x + 0.5} y1={0} y2={height + 7} />
            <text x={x} y={height + 21} textAnchor={edge}>
              {text}
            </text>
          </g>
        );
      })}
    </g>
  );
}
