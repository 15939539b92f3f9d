/** The rows of a folder. Only those in sight are drawn, so that a long folder stays quick. */

import { TextInput } from "@mantine/core";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  IconFile,
  IconFileSymlink,
  IconFileUnknown,
  IconFolderFilled,
  IconSearch,
} from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";

import type { ListingEntry } from "../../api/client";
import { childPath, splitRoot } from "../../lib/paths";
import { Count, Size } from "../../ui/Quantity";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import type { Folder } from "./entries";
import styles from "./FolderBrowser.module.css";

const ROW_HEIGHT = 44;
const FILTER_FROM = 15;

interface Props {
  folder: Folder;
  path: string;
  addressOf: (folder: string) => string;
}

export function EntryList({ folder, path, addressOf }: Props) {
  const words = useWords().browser;
  const [filter, setFilter] = useState("");
  const shown = useMemo(() => matching(folder.entries, filter), [folder.entries, filter]);
  const { list, rows, height, offset } = useRows(shown.length, folder.loadMore);
  if (folder.entries.length === 0) return <p className={styles.nothing}>{words.empty}</p>;
  return (
    <>
      {folder.entries.length >= FILTER_FROM && folder.loadMore === null && (
        <TextInput
          className={styles.filter}
          aria-label={words.filter}
          placeholder={words.filter}
          leftSection={<IconSearch size={16} />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      {shown.length === 0 && <p className={styles.nothing}>{words.noMatch}</p>}
      <div role="table" aria-label={words.title} aria-rowcount={folder.total + 1}>
        <div role="row" className={`${styles.row} ${styles.titles}`}>
          <span role="columnheader">{words.name}</span>
          <span role="columnheader" className={styles.files}>
            {words.filesTitle}
          </span>
          <span role="columnheader">{words.size}</span>
          <span role="columnheader">{words.modified}</span>
        </div>
        <div ref={list} role="rowgroup" className={styles.rows} style={{ height }}>
          {rows.map((row) => (
            <div
              key={row.key}
              role="row"
              className={styles.row}
              style={{ transform: `translateY(${row.start - offset}px)` }}
            >
              <EntryRow entry={shown[row.index]!} path={path} addressOf={addressOf} />
            </div>
          ))}
        </div>
      </div>
      {folder.loadMore && <p className={styles.nothing}>{words.loadingMore}</p>}
    </>
  );
}

function useRows(count: number, loadMore: (() => void) | null) {
  const list = useRef<HTMLDivElement>(null);
  const virtual = useWindowVirtualizer({
    count,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: list.current?.offsetTop ?? 0,
  });
  const rows = virtual.getVirtualItems();
  const atEnd = (rows.at(-1)?.index ?? 0) >= count - 50;
  useEffect(() => {
    if (atEnd) loadMore?.();
  }, [atEnd, loadMore]);
  return { list, rows, height: virtual.getTotalSize(), offset: virtual.options.scrollMargin };
}

function matching(entries: ListingEntry[], filter: string): ListingEntry[] {
  const wanted = filter.trim().toLocaleLowerCase();
  if (wanted === "") return entries;
  return entries.filter((entry) => entry.name.toLocaleLowerCase().includes(wanted));
}

function EntryRow({ entry, path, addressOf }: { entry: ListingEntry } & Omit<Props, "folder">) {
  const isFolder = entry.kind === "folder";
  const { name, place } = path === "" ? splitRoot(entry.name) : { name: entry.name, place: "" };
  return (
    <>
      <span role="cell" className={styles.name} title={entry.name}>
        <KindIcon entry={entry} />
        {isFolder ? (
          <Link href={addressOf(childPath(path, entry.name_bytes))} aria-label={entry.name}>
            <bdi>{name}</bdi>
          </Link>
        ) : (
          <bdi>{name}</bdi>
        )}
        {place && <bdi className={styles.place}>{place}</bdi>}
      </span>
      <span role="cell" className={styles.files}>
        {isFolder && <Count count={entry.files} />}
      </span>
      <span role="cell" className={styles.size}>
        {(isFolder || entry.kind === "file") && <Size bytes={entry.size} />}
      </span>
      <span role="cell" className={styles.modified}>
        <When at={entry.mtime} />
      </span>
    </>
  );
}

function KindIcon({ entry }: { entry: ListingEntry }) {
  const words = useWords().browser;
  if (entry.kind === "folder") {
    return <IconFolderFilled size={19} className={styles.folder} aria-label={words.folder} />;
  }
  if (entry.kind === "file") return <IconFile size={19} aria-label={words.file} />;
  if (entry.kind === "symlink") return <IconFileSymlink size={19} aria-label={words.symlink} />;
  return <IconFileUnknown size={19} aria-label={words.special} />;
}
