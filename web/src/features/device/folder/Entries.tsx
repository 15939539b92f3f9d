/** The entries of a folder that is there: filtered, ticked, opened. */

import { useMemo, useState } from "react";

import type { ListingEntry } from "../../../api/client";
import { childPath } from "../../../lib/paths";
import { Preview } from "../../../restoring/Preview";
import { canPreview } from "../../../restoring/previews";
import type { Chosen, Selection } from "../../../vault/types";
import { useWords } from "../../../words/words";
import type { Travel } from "../travel";
import type { Way } from "../useWay";
import { ActionBar } from "./ActionBar";
import { EntryGrid } from "./EntryGrid";
import { FilterField, matching } from "./FilterField";
import { entryAt } from "../versions/paths";
import styles from "./Folder.module.css";
import { RestoreHint } from "./RestoreHint";
import type { SortBy, Sorting } from "./sorting";
import { useChoice } from "./useChoice";
import type { Folder } from "./useFolder";
import { useNews } from "./useNews";

interface Props {
  travel: Travel;
  way: Way;
  folder: Folder;
  sorting: Sorting;
  onSort: (by: SortBy) => void;
}

export function Entries({ travel, way, folder, sorting, onSort }: Props) {
  const { path, steps } = way;
  const words = useWords().browser;
  const { device, scope, chosen, before, place, address, go } = travel;
  const [filter, setFilter] = useState("");
  const [looked, setLooked] = useState<ListingEntry | null>(null);
  const isOwn = scope === "own";
  const news = useNews(device.device, before?.sequence ?? null, chosen.sequence, path);
  const shown = useMemo(() => matching(folder.entries, filter), [folder.entries, filter]);
  const whole = folder.isWhole ? folder.entries.filter((one) => one !== undefined) : null;
  const choice = useChoice(whole ? path : `${path} ${chosen.sequence}`, whole);

  const pathOf = (entry: ListingEntry) => childPath(path, entry.name_bytes);
  const chosenOf = (entry: ListingEntry): Chosen => ({ ...entry, path: pathOf(entry) });
  const selection = (entries: ListingEntry[]): Selection => ({
    device: device.device,
    deviceName: device.name,
    sequence: chosen.sequence,
    items: entries.map(chosenOf),
  });
  const showHistory = (entry: ListingEntry) => go({ file: pathOf(entry) });
  const open = (entry: ListingEntry) =>
    entry.kind === "folder" ? go({ path: pathOf(entry) }) : showHistory(entry);
  const above = steps.at(-2);
  const canLook = (entry: ListingEntry | undefined) =>
    entry !== undefined && isOwn && canPreview(chosenOf(entry));
  const previewOf = (entry: ListingEntry) => (canLook(entry) ? () => setLooked(entry) : null);
  const step = (by: -1 | 1) => {
    const at = shown.findIndex((one) => one?.name_bytes === looked?.name_bytes);
    const on = by > 0 ? shown.slice(at + 1) : shown.slice(0, Math.max(at, 0)).toReversed();
    setLooked(on.find(canLook) ?? looked);
  };

  if (folder.entries.length === 0) return <p className={styles.nothing}>{words.empty}</p>;
  return (
    <div aria-busy={folder.isOld} className={styles.content}>
      {whole && <FilterField entries={whole.length} filter={filter} onFilter={setFilter} />}
      {shown.length === 0 && <p className={styles.nothing}>{words.noMatch}</p>}
      {shown.length > 0 && (
        <EntryGrid
          entries={shown}
          isRoot={path === ""}
          choice={isOwn ? choice : null}
          current={place.file === null ? null : entryAt(path, place.file)}
          addressOf={(entry) => address({ path: pathOf(entry) })}
          onOpen={open}
          onHistory={showHistory}
          onUp={above ? () => go({ path: above.path }) : null}
          look={folder.look}
          {...{ sorting, onSort, news, previewOf }}
        />
      )}
      {folder.entries.length < folder.total && (
        <p className={styles.nothing}>{words.onlyFirst(folder.entries.length, folder.total)}</p>
      )}
      {isOwn && (
        <ActionBar
          selection={selection(choice.entries)}
          absent={choice.absent}
          onClear={choice.clear}
        />
      )}
      {isOwn && <RestoreHint device={device.name} sequence={chosen.sequence} path={path} />}
      {looked && (
        <Preview selection={selection([looked])} onClose={() => setLooked(null)} onStep={step} />
      )}
    </div>
  );
}
