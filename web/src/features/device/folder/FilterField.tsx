/** In a folder of many entries: only those whose name holds some text. */

import { TextInput } from "@mantine/core";
import { IconFilter } from "@tabler/icons-react";

import type { ListingEntry } from "../../../api/client";
import { useWords } from "../../../words/words";
import styles from "./Folder.module.css";

const FROM = 15;

interface Props {
  entries: number;
  filter: string;
  onFilter: (filter: string) => void;
}

export function FilterField({ entries, filter, onFilter }: Props) {
  const words = useWords().browser;
  if (entries < FROM) return null;
  return (
    <TextInput
      className={styles.filter}
      aria-label={words.filter}
      placeholder={words.filter}
      leftSection={<IconFilter size={16} />}
      value={filter}
      onChange={(event) => onFilter(event.currentTarget.value)}
    />
  );
}

export function matching(
  entries: (ListingEntry | undefined)[],
  filter: string,
): (ListingEntry | undefined)[] {
  const wanted = filter.trim().toLocaleLowerCase();
  if (wanted === "") return entries;
  return entries.filter((entry) => entry?.name.toLocaleLowerCase().includes(wanted));
}
