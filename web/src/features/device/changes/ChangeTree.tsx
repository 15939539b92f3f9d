/** What changed, as a tree; a folder is looked into when it is opened. */

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";

import { changesQuery, type ChangeEntry } from "../../../api/past";
import { childPath, splitRoot } from "../../../lib/paths";
import { FailureNotice } from "../../../ui/Page";
import { useWords } from "../../../words/words";
import { KindIcon } from "../folder/KindIcon";
import type { Travel } from "../travel";
import { ChangeMark, shownChange } from "./ChangeMark";
import styles from "./Changes.module.css";
import { Inside, Sizes } from "./sizes";

export interface Between {
  travel: Travel;
  from: number;
  to: number;
}

interface Props extends Between {
  path: string;
  isTop?: boolean;
}

export function ChangeTree({ path, isTop = false, ...between }: Props) {
  const words = useWords();
  const { travel, from, to } = between;
  const query = useInfiniteQuery(changesQuery(travel.device.device, from, to, path));
  if (query.isPending) {
    return (
      <p className={styles.waiting} role="status">
        {words.shell.loading}
      </p>
    );
  }
  if (query.isError) return <FailureNotice error={query.error} retry={() => void query.refetch()} />;
  const entries = query.data.pages.flatMap((one) => one.entries);
  return (
    <>
      <ul className={styles.folder} data-level={isTop ? "top" : "below"}>
        {entries.map((entry) => (
          <ChangeRow
            key={entry.name_bytes}
            entry={entry}
            path={childPath(path, entry.name_bytes)}
            isRoot={path === ""}
            {...between}
          />
        ))}
      </ul>
      {query.hasNextPage && (
        <Button
          className={styles.more}
          variant="subtle"
          size="compact-sm"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {words.changes.more(query.data.pages[0]!.total - entries.length)}
        </Button>
      )}
    </>
  );
}

interface RowProps extends Between {
  entry: ChangeEntry;
  path: string;
  isRoot: boolean;
}

function ChangeRow({ entry, path, isRoot, ...between }: RowProps) {
  const [open, setOpen] = useState(false);
  const { travel } = between;
  const isFolder = entry.kind === "folder";
  const name = isRoot ? splitRoot(entry.name).name : entry.name;
  return (
    <li>
      <div className={styles.row}>
        <button
          type="button"
          className={styles.entry}
          title={entry.name}
          aria-expanded={isFolder ? open : undefined}
          onClick={() => (isFolder ? setOpen(!open) : travel.go({ file: path }))}
        >
          <IconChevronRight size={16} className={styles.chevron} data-shown={isFolder} aria-hidden="true" />
          <KindIcon kind={entry.kind} />
          <bdi>{name}</bdi>
        </button>
        <span className={styles.kind}>
          <ChangeMark change={shownChange(entry)} />
        </span>
        <span className={styles.about}>
          {isFolder ? <Inside entry={entry} /> : <Sizes entry={entry} />}
        </span>
      </div>
      {open && <ChangeTree path={path} {...between} />}
    </li>
  );
}
