/** The slider's handle: one moment among all, moved by keys; the chart moves it by pointer. */

import type { KeyboardEvent, Ref } from "react";

import type { SnapshotInfo } from "../../../api/client";
import { useTold } from "../told";
import { indexAfter } from "./keys";
import styles from "./Timeline.module.css";

interface Props {
  moments: SnapshotInfo[];
  index: number;
  onMove: (index: number) => void;
  x: number;
  label: string;
  /** The start of a comparison looks different from the moment itself. */
  kind: "moment" | "since";
  /** The id of what says which keys do what. */
  help: string;
  ref?: Ref<HTMLDivElement>;
}

export function Knob({ moments, index, onMove, x, label, kind, help, ref }: Props) {
  const told = useTold(moments[index]!);
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = indexAfter(event, index, moments);
    if (next === null) return;
    event.preventDefault();
    onMove(next);
  };
  return (
    <div
      ref={ref}
      className={styles.knob}
      data-kind={kind}
      style={{ transform: `translateX(${x}px)` }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-orientation="horizontal"
      aria-valuemin={1}
      aria-valuemax={moments.length}
      aria-valuenow={index + 1}
      aria-valuetext={`${told.exact}, ${told.relative}. ${told.changed}. ${told.marks.join(", ")}`}
      aria-describedby={help}
      onKeyDown={press}
    />
  );
}
