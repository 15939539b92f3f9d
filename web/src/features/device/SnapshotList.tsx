/** The snapshots of a device, newest first, by day. */

import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconChevronDown, IconHistory } from "@tabler/icons-react";
import { useState } from "react";

import type { SnapshotInfo } from "../../api/client";
import { day, exact, relative, timeOfDay, toDate } from "../../lib/times";
import { Share, Size } from "../../ui/Quantity";
import { useNow } from "../../ui/When";
import { useSpeaking } from "../../words/words";
import page from "./DevicePage.module.css";
import styles from "./SnapshotList.module.css";

interface Props {
  snapshots: SnapshotInfo[];
  chosen: SnapshotInfo;
  onChoose: (snapshot: SnapshotInfo) => void;
}

export function SnapshotList({ snapshots, chosen, onChoose }: Props) {
  const { words, locale } = useSpeaking();
  const now = useNow();
  const narrow = useMediaQuery("(max-width: 60em)");
  const [open, setOpen] = useState(false);
  const list = (
    <Days
      snapshots={snapshots}
      chosen={chosen}
      onChoose={(snapshot) => {
        setOpen(false);
        onChoose(snapshot);
      }}
    />
  );
  if (!narrow) {
    return (
      <nav className={page.panel} aria-label={words.device.snapshots}>
        <h2 className={styles.title}>{words.device.snapshots}</h2>
        <div className={styles.scroll}>{list}</div>
      </nav>
    );
  }
  return (
    <nav aria-label={words.device.snapshots}>
      <Button
        variant="default"
        fullWidth
        justify="space-between"
        leftSection={<IconHistory size={17} />}
        rightSection={<IconChevronDown size={17} />}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {words.device.snapshotNumber(chosen.sequence)},{" "}
        {relative(toDate(chosen.received), now, locale, words.shell.justNow)}
      </Button>
      {open && <div className={`${page.panel} ${styles.dropped}`}>{list}</div>}
    </nav>
  );
}

function Days({ snapshots, chosen, onChoose }: Props) {
  const { locale } = useSpeaking();
  const days = Map.groupBy(snapshots, (one) => day(toDate(one.received), locale));
  return [...days].map(([name, ofDay]) => (
    <section key={name} className={styles.day}>
      <h3>{name}</h3>
      <ul>
        {ofDay.map((one) => (
          <li key={one.snapshot}>
            <Choice
              snapshot={one}
              isChosen={one.sequence === chosen.sequence}
              isNewest={one === snapshots[0]}
              onChoose={() => onChoose(one)}
            />
          </li>
        ))}
      </ul>
    </section>
  ));
}

interface ChoiceProps {
  snapshot: SnapshotInfo;
  isChosen: boolean;
  isNewest: boolean;
  onChoose: () => void;
}

function Choice({ snapshot, isChosen, isNewest, onChoose }: ChoiceProps) {
  const { words, locale } = useSpeaking();
  const now = useNow();
  const received = toDate(snapshot.received);
  const problems = snapshot.problems.reduce((sum, one) => sum + one.count, 0);
  return (
    <button
      type="button"
      className={styles.choice}
      aria-current={isChosen}
      onClick={onChoose}
      title={exact(received, locale)}
    >
      <span className={styles.when}>
        <b>{timeOfDay(received, locale)}</b>
        <span>{relative(received, now, locale, words.shell.justNow)}</span>
      </span>
      <span className={styles.about}>
        {words.device.files(snapshot.files)}, <Size bytes={snapshot.bytes} />
      </span>
      <span className={styles.marks}>
        {isNewest && <span data-tone="accent">{words.device.newest}</span>}
        {snapshot.partial && (
          <span data-tone="idle" title={words.device.checkpointText}>
            {words.device.checkpoint}
          </span>
        )}
        {problems > 0 && <span data-tone="warn">{words.device.problems(problems)}</span>}
        {snapshot.coverage < 1 && (
          <span data-tone="warn">
            <Share share={snapshot.coverage} />
          </span>
        )}
      </span>
    </button>
  );
}
