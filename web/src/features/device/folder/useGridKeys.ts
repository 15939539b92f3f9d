/** One row of the list has the keyboard; the keys move it, tick, open, go up, and find by name. */

import { useRef, type KeyboardEvent, type RefObject } from "react";

import type { ListingEntry } from "../../../api/client";
import type { Choice } from "./useChoice";
import { doing, typedRow, type Doing } from "./gridKeys";

const TYPED_TOGETHER_MS = 800;

interface Props {
  entries: (ListingEntry | undefined)[];
  choice: Choice | null;
  active: number;
  setActive: (row: number) => void;
  /** So many rows fit in sight. */
  page: number;
  scrollTo: (row: number) => void;
  open: (entry: ListingEntry) => void;
  up: (() => void) | null;
  rows: RefObject<HTMLElement | null>;
}

/** What to do on a key pressed in the list. */
export function useGridKeys(props: Props): (event: KeyboardEvent) => void {
  const { entries, choice, active, setActive, page, scrollTo, open, up, rows } = props;
  const typed = useRef({ text: "", at: 0 });

  const moveTo = (to: number) => {
    setActive(to);
    scrollTo(to);
    requestAnimationFrame(() => {
      rows.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus({ preventScroll: true });
    });
  };

  const carryOut = (what: Doing, now: number) => {
    const entry = entries[active];
    if (what.kind === "move") {
      if (what.extend) choice?.add(between(entries, active, what.to));
      moveTo(what.to);
    } else if (what.kind === "tick" && entry) choice?.toggle(entry);
    else if (what.kind === "tick-all") choice?.set(present(entries));
    else if (what.kind === "clear") choice?.clear();
    else if (what.kind === "open" && entry) open(entry);
    else if (what.kind === "up") up?.();
    else if (what.kind === "type") {
      const isMore = now - typed.current.at < TYPED_TOGETHER_MS;
      typed.current = { text: (isMore ? typed.current.text : "") + what.letter, at: now };
      const found = typedRow(entries.map((one) => one?.name), typed.current.text, active);
      if (found >= 0) moveTo(found);
    }
  };

  return (event) => {
    if (!(event.target instanceof HTMLElement) || event.target.role !== "row") return;
    const what = doing(event, active, entries.length, page);
    if (what === null || entries.length === 0) return;
    event.preventDefault();
    carryOut(what, event.timeStamp);
  };
}

function between(
  entries: (ListingEntry | undefined)[],
  one: number,
  other: number,
): ListingEntry[] {
  return present(entries.slice(Math.min(one, other), Math.max(one, other) + 1));
}

function present(entries: (ListingEntry | undefined)[]): ListingEntry[] {
  return entries.filter((entry) => entry !== undefined);
}
