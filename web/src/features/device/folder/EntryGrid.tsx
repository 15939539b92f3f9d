/** The entries of a folder as a grid. Only the rows in sight are drawn. */

import { useEffect, useMemo, useState, type MouseEvent } from "react";

import type { ListingEntry } from "../../../api/client";
import { useWords } from "../../../words/words";
import type { ChangeKind } from "../changes/ChangeMark";
import { EntryRow } from "./EntryRow";
import styles from "./Folder.module.css";
import { GridHead } from "./GridHead";
import type { SortBy, Sorting } from "./sorting";
import type { Choice } from "./useChoice";
import { useGridKeys } from "./useGridKeys";
import { useRows } from "./useRows";

interface Props {
  entries: (ListingEntry | undefined)[];
  isRoot: boolean;
  sorting: Sorting;
  onSort: (by: SortBy) => void;
  /** Null where nothing can be ticked. */
  choice: Choice | null;
  news: ReadonlyMap<string, ChangeKind>;
  /** The name, in base64, of the entry whose history is shown beside. */
  current: string | null;
  addressOf: (entry: ListingEntry) => string;
  onOpen: (entry: ListingEntry) => void;
  onHistory: (entry: ListingEntry) => void;
  onUp: (() => void) | null;
  previewOf: (entry: ListingEntry) => (() => void) | null;
  look: (first: number, last: number) => void;
}

export function EntryGrid(props: Props) {
  const { entries, choice, current } = props;
  const words = useWords().browser;
  const [row, setActive] = useState(0);
  const active = Math.min(row, Math.max(entries.length - 1, 0));
  const { scroll, rows, height, page, scrollTo } = useRows(entries.length, active, props.look);
  const currentRow = current === null ? -1 : entries.findIndex((one) => one?.name_bytes === current);
  useEffect(() => {
    if (currentRow >= 0) scrollTo(currentRow);
  }, [currentRow, scrollTo]);
  const largest = useMemo(() => largestOf(entries), [entries]);
  const { onOpen: open, onUp: up } = props;
  const press = useGridKeys({
    entries,
    choice,
    active,
    setActive,
    page,
    scrollTo,
    open,
    up,
    rows: scroll,
  });
  const click = (event: MouseEvent, entry: ListingEntry) => {
    if ((event.target as Element).closest("a, button, input")) return;
    choice?.toggle(entry);
    if (event.detail === 2) open(entry);
  };
  return (
    <div
      ref={scroll}
      role="grid"
      aria-label={words.title}
      aria-rowcount={entries.length + 1}
      aria-multiselectable={choice !== null}
      className={styles.grid}
      data-ticks={choice !== null}
    >
      <div role="rowgroup" className={styles.top}>
        <GridHead
          sorting={props.sorting}
          onSort={props.onSort}
          ticks={choice && ticksOf(entries, choice)}
        />
      </div>
      <div role="rowgroup" className={styles.rows} style={{ height }}>
        {rows.map(({ key, index, start, size }) => {
          const entry = entries[index];
          const ticked = entry && choice ? choice.has(entry) : null;
          return (
            <div
              key={key}
              role="row"
              data-index={index}
              data-current={entry !== undefined && entry.name_bytes === current}
              aria-rowindex={index + 2}
              aria-selected={ticked ?? undefined}
              tabIndex={index === active ? 0 : -1}
              className={styles.row}
              style={{ transform: `translateY(${start}px)`, height: size }}
              onFocus={() => setActive(index)}
              onClick={(event) => entry && click(event, entry)}
              onKeyDown={press}
            >
              {entry ? (
                <EntryRow
                  entry={entry}
                  isRoot={props.isRoot}
                  address={props.addressOf(entry)}
                  news={props.news.get(entry.name_bytes)}
                  share={largest > 0 ? entry.size / largest : 0}
                  ticked={ticked}
                  onTick={() => choice?.toggle(entry)}
                  onHistory={() => props.onHistory(entry)}
                  onPreview={props.previewOf(entry)}
                />
              ) : (
                <span role="gridcell" className={styles.hole}>
                  {words.loadingMore}
                </span>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function largestOf(entries: (ListingEntry | undefined)[]): number {
  return entries.reduce((most, entry) => Math.max(most, entry?.size ?? 0), 0);
}

function ticksOf(entries: (ListingEntry | undefined)[], choice: Choice) {
  const all = choice.entries.length === entries.length;
  const shown = () => entries.filter((entry) => entry !== undefined);
  return {
    all,
    some: choice.entries.length > 0,
    toggle: () => (all ? choice.clear() : choice.set(shown())),
  };
}
