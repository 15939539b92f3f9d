/** What is seldom worth a backup: pointed out, and left out where it can be had again. */

import { Checkbox } from "@mantine/core";

import type { Choosing, PlaceJunk } from "../../api/ownDevice";
import { formatBytes } from "../../lib/quantities";
import { Section } from "../../ui/Page";
import { useSpeaking } from "../../words/words";
import styles from "./Choosing.module.css";
import { chosenPlaces, isIn, isLeftOut, type Ticks } from "./deciding";

interface Props {
  choosing: Choosing;
  ticks: Ticks;
  onTick: (key: string, on: boolean) => void;
}

export function Junk({ choosing, ticks, onTick }: Props) {
  const { words: all, locale } = useSpeaking();
  const words = all.choosing;
  const chosen = chosenPlaces(choosing, ticks);
  const found = choosing.junk.filter((one) => isIn(one, chosen));
  if (found.length === 0) return null;
  const kind = (junk: PlaceJunk) => words.kinds[junk.kind] ?? junk.kind;
  return (
    <Section title={words.junk}>
      <p className={styles.lead}>{words.junkLead}</p>
      <ul className={styles.rows} aria-label={words.junk}>
        {found.map((one) => (
          <li key={one.pattern} className={styles.row}>
            <Checkbox
              checked={isLeftOut(one, ticks)}
              label={kind(one)}
              description={<bdi className={styles.path}>{one.places > 1 ? one.pattern : one.path}</bdi>}
              onChange={(event) => onTick(one.pattern, event.currentTarget.checked)}
            />
            <div className={styles.amount}>
              <strong>{formatBytes(one.bytes, locale)}</strong>
              {one.places > 1 && <span>{words.places(one.places)}</span>}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}
