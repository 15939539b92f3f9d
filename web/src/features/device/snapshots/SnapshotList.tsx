/** The snapshots of a device as a list, newest first, by month and day: the timeline for readers. */

import { useState } from "react";

import type { SnapshotInfo } from "../../../api/client";
import { day, formatterOf, timeOfDay, toDate } from "../../../lib/times";
import { useSpeaking } from "../../../words/words";
import page from "../DevicePage.module.css";
import { firstShown } from "../moments";
import type { Travel } from "../travel";
import { SnapshotRow } from "./SnapshotRow";
import styles from "./SnapshotList.module.css";

const MONTH = { month: "long", year: "numeric" } as const;

export function SnapshotList({ travel }: { travel: Travel }) {
  const { words, locale } = useSpeaking();
  const { moments, chosen } = travel;
  const monthOf = (one: SnapshotInfo) =>
    formatterOf(locale, MONTH).format(toDate(one.received));
  const months = [...Map.groupBy(moments.toReversed(), monthOf)];
  return (
    <section className={page.panel} aria-label={words.device.snapshots}>
      {months.map(([name, snapshots]) => (
        <Month
          key={name}
          name={name}
          isOpen={snapshots.includes(chosen)}
          {...{ snapshots, travel }}
        />
      ))}
    </section>
  );
}

interface MonthProps {
  name: string;
  snapshots: SnapshotInfo[];
  isOpen: boolean;
  travel: Travel;
}

/** Only the months that are opened are drawn: there may be thousands of snapshots. */
function Month({ name, snapshots, isOpen, travel }: MonthProps) {
  const { words } = useSpeaking();
  const [open, setOpen] = useState(isOpen);
  return (
    <details
      className={styles.month}
      open={open}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <h3>{name}</h3> <span>{words.travel.snapshots(snapshots.length)}</span>
      </summary>
      {open && <Days snapshots={snapshots} travel={travel} />}
    </details>
  );
}

function Days({ snapshots, travel }: Pick<MonthProps, "snapshots" | "travel">) {
  const { locale } = useSpeaking();
  const days = Map.groupBy(snapshots, (one) => day(toDate(one.received), locale));
  const newest = firstShown(travel.moments);
  return [...days].map(([name, ofDay]) => (
    <section key={name} className={styles.day}>
      <h4>{name}</h4>
      <ul>
        {ofDay.map((one) => (
          <li key={one.snapshot}>
            <SnapshotRow
              snapshot={one}
              time={timeOfDay(toDate(one.received), locale)}
              isChosen={one === travel.chosen}
              isNewest={one === newest}
              onChoose={() => travel.go({ sequence: one.sequence })}
            />
          </li>
        ))}
      </ul>
    </section>
  ));
}
