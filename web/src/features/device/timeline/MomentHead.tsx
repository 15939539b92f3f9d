/** The moment that is shown: exactly when, what had changed, and the way to its neighbours. */

import { ActionIcon, Button } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCircleDashed,
  IconClockCheck,
  IconChevronLeft,
  IconChevronRight,
  IconPlayerTrackNext,
} from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { SnapshotInfo } from "../../../api/client";
import { brief, toDate } from "../../../lib/times";
import { useSpeaking } from "../../../words/words";
import { problemsOf } from "../moments";
import { useTold } from "../told";
import { Mark } from "../Mark";
import styles from "./Timeline.module.css";

interface Props {
  moments: SnapshotInfo[];
  index: number;
  /** Where the newest finished one stands. */
  newest: number;
  onMove: (index: number) => void;
  children: ReactNode;
}

export function MomentHead({ moments, index, newest, onMove, children }: Props) {
  const { words, locale } = useSpeaking();
  const { travel } = words;
  const moment = moments[index]!;
  const told = useTold(moment);
  return (
    <header className={styles.head}>
      <div className={styles.steps}>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={travel.previous}
          disabled={index === 0}
          onClick={() => onMove(index - 1)}
        >
          <IconChevronLeft size={19} />
        </ActionIcon>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={travel.next}
          disabled={index === moments.length - 1}
          onClick={() => onMove(index + 1)}
        >
          <IconChevronRight size={19} />
        </ActionIcon>
      </div>
      <div className={styles.moment}>
        <h2 title={told.exact}>
          {brief(toDate(moment.received), locale)}
          <span>{told.relative}</span>
        </h2>
        <p>
          {told.changed}
          <span aria-hidden="true"> · </span>
          {told.holds}
        </p>
        <Marks moment={moment} told={told.marks} isNewest={index === newest} />
      </div>
      {index !== newest && (
        <Button
          className={styles.toNewest}
          variant="light"
          size="compact-sm"
          leftSection={<IconPlayerTrackNext size={15} />}
          onClick={() => onMove(newest)}
        >
          {travel.toNewest}
        </Button>
      )}
      {children}
    </header>
  );
}

function Marks(props: { moment: SnapshotInfo; told: string[]; isNewest: boolean }) {
  const { words } = useSpeaking();
  const { moment, told, isNewest } = props;
  const lacking = told.filter((one) => one !== words.device.checkpoint);
  const lacks = problemsOf(moment) > 0 || moment.coverage < 1;
  return (
    <div className={styles.marks}>
      <span className={styles.number}>{words.device.snapshotNumber(moment.sequence)}</span>
      {isNewest && (
        <Mark tone="accent" icon={IconClockCheck}>
          {words.device.newest}
        </Mark>
      )}
      {moment.partial && (
        <Mark tone="idle" icon={IconCircleDashed} title={words.device.checkpointText}>
          {words.device.checkpoint}
        </Mark>
      )}
      {lacks && (
        <Mark tone="warn" icon={IconAlertTriangle}>
          {lacking.join(", ")}
        </Mark>
      )}
    </div>
  );
}
