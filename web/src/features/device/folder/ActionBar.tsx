/** What can be done with what is ticked; stays in sight below the list. */

import { ActionIcon } from "@mantine/core";
import { IconX } from "@tabler/icons-react";

import { RestoreActions } from "../../../restoring/RestoreActions";
import { Size } from "../../../ui/Quantity";
import type { Selection } from "../../../vault/types";
import { useWords } from "../../../words/words";
import styles from "./Folder.module.css";

interface Props {
  selection: Selection;
  /** Ticked at another moment, and not there at this one. */
  absent: number;
  onClear: () => void;
}

export function ActionBar({ selection, absent, onClear }: Props) {
  const words = useWords().browser;
  const { items } = selection;
  if (items.length === 0 && absent === 0) return null;
  return (
    <div className={styles.bottom} role="region" aria-label={words.ticked(items.length)}>
      <p>
        <ActionIcon variant="subtle" color="gray" aria-label={words.clear} onClick={onClear}>
          <IconX size={17} />
        </ActionIcon>
        <b>{words.ticked(items.length)}</b>
        <Size bytes={items.reduce((sum, one) => sum + one.size, 0)} />
        {absent > 0 && <span>{words.absent(absent)}</span>}
      </p>
      {items.length > 0 && <RestoreActions selection={selection} />}
    </div>
  );
}
