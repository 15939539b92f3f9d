/** The command that brings the folder back, for those who like commands. */

import { Command } from "../../../ui/Copy";
import { useWords } from "../../../words/words";
import styles from "./Folder.module.css";
import { restoreCommand } from "./restoreCommand";

interface Props {
  device: string;
  sequence: number;
  path: string;
}

export function RestoreHint({ device, sequence, path }: Props) {
  const words = useWords().browser;
  return (
    <details className={styles.restore}>
      <summary>{words.restoreTitle}</summary>
      <p>{words.restoreHint}</p>
      <Command text={restoreCommand(device, sequence, path)} label={words.restoreTitle} />
    </details>
  );
}
