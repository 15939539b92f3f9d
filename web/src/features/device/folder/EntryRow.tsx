/** One file or folder: its name, what is new about it, sizes, time, and a look at it. */

import { ActionIcon } from "@mantine/core";
import { IconEye, IconHistory } from "@tabler/icons-react";
import { Link } from "wouter";

import type { ListingEntry } from "../../../api/client";
import { splitRoot } from "../../../lib/paths";
import { Count, Size } from "../../../ui/Quantity";
import { When } from "../../../ui/When";
import { useWords } from "../../../words/words";
import { ChangeMark, type ChangeKind } from "../changes/ChangeMark";
import styles from "./Folder.module.css";
import { KindIcon } from "./KindIcon";

interface Props {
  entry: ListingEntry;
  isRoot: boolean;
  /** Where a folder leads. */
  address: string;
  news: ChangeKind | undefined;
  /** Its share of the largest beside it. */
  share: number;
  ticked: boolean | null;
  onTick: () => void;
  onHistory: () => void;
  onPreview: (() => void) | null;
}

export function EntryRow(props: Props) {
  const { entry, isRoot, address, news, share, ticked, onHistory, onPreview } = props;
  const words = useWords().browser;
  const isFolder = entry.kind === "folder";
  const { name, place } = isRoot ? splitRoot(entry.name) : { name: entry.name, place: "" };
  return (
    <>
      {ticked !== null && (
        <span role="gridcell" className={styles.tick}>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={words.tick(entry.name)}
            checked={ticked}
            onChange={props.onTick}
          />
        </span>
      )}
      <span role="gridcell" className={styles.name} title={entry.name}>
        <KindIcon kind={entry.kind} />
        {isFolder ? (
          <Link href={address} tabIndex={-1} aria-label={entry.name}>
            <bdi>{name}</bdi>
          </Link>
        ) : (
          <button type="button" tabIndex={-1} onClick={onHistory}>
            <bdi>{name}</bdi>
          </button>
        )}
        {place && <bdi className={styles.place}>{place}</bdi>}
      </span>
      <span role="gridcell" className={styles.mark}>
        {news && <ChangeMark change={news} />}
      </span>
      <span role="gridcell" className={styles.files}>
        {isFolder && <Count count={entry.files} />}
      </span>
      <span role="gridcell" className={styles.size}>
        {(isFolder || entry.kind === "file") && (
          <>
            <Size bytes={entry.size} />
            <span className={styles.bar} aria-hidden="true">
              <span style={{ width: `${share * 100}%` }} />
            </span>
          </>
        )}
      </span>
      <span role="gridcell" className={styles.modified}>
        <When at={entry.mtime} />
      </span>
      <span role="gridcell" className={styles.actions}>
        {onPreview && (
          <RowAction label={words.preview(entry.name)} icon={IconEye} onClick={onPreview} />
        )}
        <RowAction label={words.history(entry.name)} icon={IconHistory} onClick={onHistory} />
      </span>
    </>
  );
}

interface ActionProps {
  label: string;
  icon: typeof IconEye;
  onClick: () => void;
}

function RowAction({ label, icon: Icon, onClick }: ActionProps) {
  return (
    <ActionIcon variant="subtle" color="gray" tabIndex={-1} aria-label={label} title={label} onClick={onClick}>
      <Icon size={17} />
    </ActionIcon>
  );
}
