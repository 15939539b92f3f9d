/** Quiet hours: a grid of the week for pointer, finger and keyboard. */

import { Button } from "@mantine/core";
import { IconMoon } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from "react";

import type { Window } from "../../../api/settings";
import { formatterOf } from "../../../lib/times";
import { useSpeaking, useWords } from "../../../words/words";
import { DAYS, HOURS, hoursOf, windowsOf, type Quiet } from "../hours";
import styles from "../Settings.module.css";
import type { PartProps } from "./Part";

const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
const NIGHTS: Window = { begin: 22 * 60, end: 6 * 60, days: EVERY_DAY };
const WORK: Window = { begin: 8 * 60, end: 18 * 60, days: [0, 1, 2, 3, 4] };

export function QuietHours({ value, disabled, onChange }: PartProps<Window[]>) {
  const words = useWords().settings.schedule;
  const hours = useMemo(() => hoursOf(value), [value]);
  const count = hours.filter((one) => one !== "no").length;
  return (
    <div className={styles.quiet}>
      <h3>
        <IconMoon size={17} aria-hidden="true" />
        {words.quiet}
      </h3>
      <p>{words.quietText}</p>
      <Grid hours={hours} disabled={disabled} onChange={(next) => onChange(windowsOf(next))} />
      <p className={styles.count} role="status" data-wrong={count === hours.length}>
        {tell(words, count, hours)}
      </p>
      {!disabled && (
        <div className={styles.presets}>
          <Button variant="default" size="compact-sm" onClick={() => onChange([NIGHTS])}>
            {words.quietNights}
          </Button>
          <Button variant="default" size="compact-sm" onClick={() => onChange([WORK])}>
            {words.quietWork}
          </Button>
          <Button
            variant="default"
            size="compact-sm"
            disabled={count === 0}
            onClick={() => onChange([])}
          >
            {words.quietClear}
          </Button>
        </div>
      )}
    </div>
  );
}

type ScheduleWords = ReturnType<typeof useWords>["settings"]["schedule"];

function tell(words: ScheduleWords, count: number, hours: Quiet[]): string {
  if (count === 0) return words.quietNone;
  if (count === hours.length) return words.quietAll;
  const part = hours.includes("part") ? ` ${words.quietPart}` : "";
  return `${words.quietCount(count)}.${part}`;
}

interface GridProps {
  hours: Quiet[];
  disabled: boolean;
  onChange: (hours: Quiet[]) => void;
}

const STEPS: Record<string, [day: number, hour: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

/** On a narrow screen days stand beside each other, and the arrows follow what is seen. */
function isUpright(): boolean {
  return globalThis.matchMedia("(max-width: 48em)").matches;
}

function Grid({ hours, disabled, onChange }: GridProps) {
  const words = useWords().settings.schedule;
  const { locale } = useSpeaking();
  const days = useMemo(() => dayNames(locale), [locale]);
  const grid = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const painting = useRef<Quiet | null>(null);
  useEffect(() => {
    const end = () => {
      painting.current = null;
    };
    globalThis.addEventListener("pointerup", end);
    return () => globalThis.removeEventListener("pointerup", end);
  }, []);

  function set(cells: number[], to: Quiet) {
    onChange(hours.map((one, cell) => (cells.includes(cell) ? to : one)));
  }

  function toggleAll(cells: number[]) {
    set(cells, cells.every((cell) => hours[cell] === "whole") ? "no" : "whole");
  }

  function onKey(event: KeyboardEvent) {
    if (event.key === " " || event.key === "Enter") {
      event.preventDefault();
      set([at], hours[at] === "no" ? "whole" : "no");
      return;
    }
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const [down, right] = isUpright() ? [step[1], step[0]] : step;
    const day = (Math.floor(at / HOURS) + down + DAYS) % DAYS;
    const next = day * HOURS + ((at + right + HOURS) % HOURS);
    setAt(next);
    if (event.shiftKey && !disabled) set([next], hours[at]!);
    grid.current?.querySelector<HTMLElement>(`[data-cell="${next}"]`)?.focus();
  }

  return (
    <div
      className={styles.grid}
      role="grid"
      aria-label={words.quiet}
      aria-readonly={disabled}
      ref={grid}
    >
      <div role="row" className={styles.line}>
        <span role="columnheader" className={styles.corner}>
          <span className={styles.hidden}>{words.quiet}</span>
        </span>
        {Array.from({ length: HOURS }, (_, hour) => (
          <span key={hour} role="columnheader" className={styles.hour}>
            <button
              type="button"
              tabIndex={-1}
              disabled={disabled}
              aria-label={hourName(hour)}
              onClick={() => toggleAll(EVERY_DAY.map((day) => day * HOURS + hour))}
            >
              {hour}
            </button>
          </span>
        ))}
      </div>
      {days.map((day, number) => (
        <div key={day.long} role="row" className={styles.line}>
          <span role="rowheader" className={styles.day}>
            <button
              type="button"
              tabIndex={-1}
              disabled={disabled}
              aria-label={`${day.short}: ${day.long}`}
              onClick={() => toggleAll(cellsOf(number))}
            >
              {day.short}
            </button>
          </span>
          {cellsOf(number).map((cell) => (
            <span
              key={cell}
              role="gridcell"
              aria-selected={hours[cell] !== "no"}
              aria-label={`${words.cell(day.long, hourName(cell % HOURS))}: ${hours[cell] === "no" ? words.quietOff : words.quietOn}`}
              data-cell={cell}
              data-quiet={hours[cell]}
              className={styles.cell}
              tabIndex={cell === at ? 0 : -1}
              onKeyDown={disabled ? undefined : onKey}
              onFocus={() => setAt(cell)}
              onPointerDown={(event) => {
                if (disabled || event.button !== 0) return;
                event.currentTarget.releasePointerCapture(event.pointerId);
                const to = hours[cell] === "no" ? "whole" : "no";
                if (event.pointerType === "mouse") {
                  painting.current = to;
                  set([cell], to);
                }
              }}
              onPointerEnter={() => {
                if (painting.current !== null && hours[cell] !== painting.current) {
                  set([cell], painting.current);
                }
              }}
              onClick={(event) => {
                // A mouse has painted it already; a finger that scrolls does not click.
                if (disabled || (event.nativeEvent as PointerEvent).pointerType === "mouse") return;
                set([cell], hours[cell] === "no" ? "whole" : "no");
              }}
            />
          ))}
        </div>
      ))}
    </div>
  );
}

function cellsOf(day: number): number[] {
  return Array.from({ length: HOURS }, (_, hour) => day * HOURS + hour);
}

function hourName(hour: number): string {
  return `${hour}:00`;
}

/** From Monday on: 1 January 2024 was one. */
function dayNames(locale: string): { short: string; long: string }[] {
  return EVERY_DAY.map((day) => {
    const date = new Date(Date.UTC(2024, 0, 1 + day));
    return {
      short: formatterOf(locale, { weekday: "short", timeZone: "UTC" }).format(date),
      long: formatterOf(locale, { weekday: "long", timeZone: "UTC" }).format(date),
    };
  });
}
