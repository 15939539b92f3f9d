/** All snapshots of a device over time, and the slider that chooses the moment. */

import { useElementSize, useMediaQuery } from "@mantine/hooks";
import { useId, useMemo, useRef } from "react";

import type { SnapshotInfo } from "../../../api/client";
import { useWords } from "../../../words/words";
import page from "../DevicePage.module.css";
import { nearest, problemsOf } from "../moments";
import { Chart } from "./Chart";
import { gapsOf } from "./gaps";
import { Hint } from "./Hint";
import { Knob } from "./Knob";
import { Legend } from "./Legend";
import { MomentHead } from "./MomentHead";
import { Overview } from "./Overview";
import styles from "./Timeline.module.css";
import { useDraft } from "./useDraft";
import { usePointer } from "./usePointer";
import { useView } from "./useView";
import { toTime, toX } from "./window";
import { ZoomChoice } from "./ZoomChoice";

interface Props {
  /** Oldest first, at least one. */
  moments: SnapshotInfo[];
  /** What is left of expired ones. */
  stubs: SnapshotInfo[];
  chosen: SnapshotInfo;
  newest: SnapshotInfo;
  onChoose: (moment: SnapshotInfo) => void;
  /** The start of a comparison, when two moments are compared. */
  since: SnapshotInfo | null;
  onSince: (moment: SnapshotInfo) => void;
}

export function Timeline(props: Props) {
  const { moments, stubs, chosen, newest, onChoose, since, onSince } = props;
  const words = useWords().travel;
  const help = useId();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const narrow = useMediaQuery("(max-width: 48em)");
  const knob = useRef<HTMLDivElement>(null);
  const other = useRef<HTMLDivElement>(null);
  const indexOf = (one: SnapshotInfo) => moments.indexOf(one);
  const moment = useDraft(indexOf(chosen), (index) => onChoose(moments[index]!));
  const from = useDraft(since ? indexOf(since) : 0, (index) => onSince(moments[index]!));
  const view = useView(moments, moments[moment.index]!.received);
  const gaps = useGaps(moments, stubs, view.now);
  const height = narrow ? 84 : 104;

  const xOf = (index: number) => toX(moments[index]!.received, view.window, width);
  const atX = (x: number) => nearest(moments, toTime(x, view.window, width));
  const moved = useRef(moment);
  const press = (x: number) => {
    const isFrom = since !== null && Math.abs(x - xOf(from.index)) < Math.abs(x - xOf(moment.index));
    moved.current = isFrom ? from : moment;
    (isFrom ? other : knob).current?.focus({ preventScroll: true });
    moved.current.move(atX(x));
  };
  const pointer = usePointer({ onPress: press, onDrag: (x) => moved.current.move(atX(x)) });

  return (
    <section className={`${page.panel} ${styles.timeline}`} aria-label={words.title}>
      <MomentHead
        moments={moments}
        index={moment.index}
        newest={indexOf(newest)}
        onMove={moment.move}
      >
        <ZoomChoice zooms={view.zooms} zoom={view.zoom} onZoom={view.choose} onTurn={view.turn} />
      </MomentHead>
      <div className={styles.body}>
        <div ref={ref} className={styles.area} {...pointer.handlers}>
          {width > 0 && (
            <>
              <Chart {...{ moments, stubs, gaps, window: view.window, width, height }} />
              {since && <Span from={xOf(from.index)} to={xOf(moment.index)} width={width} />}
              {since && (
                <Knob
                  ref={other}
                  kind="since"
                  help={help}
                  label={words.since}
                  moments={moments}
                  index={from.index}
                  onMove={from.move}
                  x={xOf(from.index)}
                />
              )}
              <Knob
                ref={knob}
                kind="moment"
                help={help}
                label={words.moment}
                moments={moments}
                index={moment.index}
                onMove={moment.move}
                x={xOf(moment.index)}
              />
              {pointer.hover !== null && (
                <Hint x={pointer.hover} {...{ moments, gaps, window: view.window, width }} />
              )}
            </>
          )}
        </div>
        {view.zoom !== "all" && width > 0 && (
          <Overview {...{ moments, whole: view.whole, window: view.window, width }} onMove={view.move} />
        )}
        <p id={help} hidden>
          {words.keys}
        </p>
        <Legend
          lacks={moments.some((one) => problemsOf(one) > 0 || one.coverage < 1)}
          partial={moments.some((one) => one.partial)}
          gaps={gaps.length > 0}
          stubs={stubs.length > 0}
        />
      </div>
    </section>
  );
}

function Span({ from, to, width }: { from: number; to: number; width: number }) {
  const left = Math.min(Math.max(Math.min(from, to), 0), width);
  const right = Math.min(Math.max(Math.max(from, to), 0), width);
  return (
    <div
      className={styles.span}
      style={{ transform: `translateX(${left}px)`, width: right - left }}
    />
  );
}

function useGaps(moments: SnapshotInfo[], stubs: SnapshotInfo[], now: number) {
  return useMemo(() => {
    const all = [...moments, ...stubs].map((one) => one.received);
    return gapsOf(
      all.toSorted((one, another) => one - another),
      now,
    );
  }, [moments, stubs, now]);
}
