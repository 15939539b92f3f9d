/** The folders that could be backed up, each with what is in it as far as it is known. */

import { Checkbox, Loader } from "@mantine/core";

import type { Choosing, Place } from "../../api/ownDevice";
import { formatBytes } from "../../lib/quantities";
import { useSpeaking, useWords } from "../../words/words";
import styles from "./Choosing.module.css";
import { isTicked, type Ticks } from "./deciding";

interface Props {
  choosing: Choosing;
  ticks: Ticks;
  onTick: (key: string, on: boolean) => void;
}

export function Places({ choosing, ticks, onTick }: Props) {
  const words = useWords().choosing;
  return (
    <ul className={styles.rows} aria-label={words.folders}>
      {choosing.places.map((place) => (
        <li key={place.path_bytes} className={styles.row}>
          <Checkbox
            checked={isTicked(place, ticks)}
            label={<bdi className={styles.path}>{place.path}</bdi>}
            description={words.why[place.why]}
            onChange={(event) => onTick(place.path_bytes, event.currentTarget.checked)}
          />
          <HowMuch place={place} />
        </li>
      ))}
    </ul>
  );
}

function HowMuch({ place }: { place: Place }) {
  const { words: all, locale } = useSpeaking();
  const words = all.choosing;
  if (place.measuring === "waiting") return <div className={styles.amount}>{words.unknown}</div>;
  if (place.measuring === "failed") return <div className={styles.amount}>{words.failed}</div>;
  return (
    <div className={styles.amount}>
      <span>
        {place.measuring === "partly" && `${words.partly} `}
        <strong>{formatBytes(place.bytes, locale)}</strong>
      </span>
      <span>{words.files(place.files)}</span>
      {place.measuring === "running" && (
        <span className={styles.busy}>
          <Loader size={12} aria-hidden="true" /> {words.measuring}
        </span>
      )}
      {place.problems > 0 && <span>{words.unreadable(place.problems)}</span>}
    </div>
  );
}
