/** One snapshot in the list: when, what had changed, how much it holds, what it lacks. */

import { IconAlertTriangle, IconCircleDashed, IconClockCheck } from "@tabler/icons-react";

import type { SnapshotInfo } from "../../../api/client";
import { useWords } from "../../../words/words";
import { Mark } from "../Mark";
import { useTold } from "../told";
import styles from "./SnapshotList.module.css";

interface Props {
  snapshot: SnapshotInfo;
  time: string;
  isChosen: boolean;
  isNewest: boolean;
  onChoose: () => void;
}

export function SnapshotRow({ snapshot, time, isChosen, isNewest, onChoose }: Props) {
  const words = useWords().device;
  const told = useTold(snapshot);
  const lacking = told.marks.filter((one) => one !== words.checkpoint);
  return (
    <button
      type="button"
      className={styles.choice}
      aria-current={isChosen}
      onClick={onChoose}
      title={told.exact}
    >
      <span className={styles.when}>
        <b>{time}</b>
        <span>{words.snapshotNumber(snapshot.sequence)}</span>
      </span>
      <span className={styles.about}>
        <span>{told.changed}</span>
        <span>{told.holds}</span>
      </span>
      <span className={styles.marks}>
        {isNewest && (
          <Mark tone="accent" icon={IconClockCheck}>
            {words.newest}
          </Mark>
        )}
        {snapshot.partial && (
          <Mark tone="idle" icon={IconCircleDashed} title={words.checkpointText}>
            {words.checkpoint}
          </Mark>
        )}
        {lacking.length > 0 && (
          <Mark tone="warn" icon={IconAlertTriangle}>
            {lacking.join(", ")}
          </Mark>
        )}
      </span>
    </button>
  );
}
