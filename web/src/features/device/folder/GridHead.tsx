/** The titles of the columns; a click sorts. */

import { IconArrowNarrowDown, IconArrowNarrowUp } from "@tabler/icons-react";

import { useWords } from "../../../words/words";
import styles from "./Folder.module.css";
import type { SortBy, Sorting } from "./sorting";

interface Props {
  sorting: Sorting;
  onSort: (by: SortBy) => void;
  /** Ticks everything that is shown; null where nothing can be ticked. */
  ticks: { all: boolean; some: boolean; toggle: () => void } | null;
}

export function GridHead({ sorting, onSort, ticks }: Props) {
  const words = useWords().browser;
  const column = (by: SortBy, title: string, className?: string) => (
    <span
      role="columnheader"
      className={className}
      aria-sort={sorting.by !== by ? "none" : sorting.descending ? "descending" : "ascending"}
    >
      <button type="button" onClick={() => onSort(by)}>
        {title}
        {sorting.by === by && <Direction descending={sorting.descending} />}
      </button>
    </span>
  );
  return (
    <div role="row" aria-rowindex={1} className={`${styles.row} ${styles.titles}`}>
      {ticks && (
        <span role="columnheader" className={styles.tick}>
          <input
            type="checkbox"
            aria-label={words.tickAll}
            checked={ticks.all}
            ref={(box) => {
              if (box) box.indeterminate = ticks.some && !ticks.all;
            }}
            onChange={ticks.toggle}
          />
        </span>
      )}
      {column("name", words.name)}
      <span role="columnheader" className={styles.mark}>
        {words.news}
      </span>
      <span role="columnheader" className={styles.files}>
        {words.filesTitle}
      </span>
      {column("size", words.size, styles.size)}
      {column("time", words.modified, styles.modified)}
      <span role="columnheader" className={styles.actions}>
        <span className={styles.unseen}>{words.actions}</span>
      </span>
    </div>
  );
}

function Direction({ descending }: { descending: boolean }) {
  const Icon = descending ? IconArrowNarrowDown : IconArrowNarrowUp;
  return <Icon size={15} aria-hidden="true" />;
}
