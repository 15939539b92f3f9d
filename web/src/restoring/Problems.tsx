/** What could not be had, to be unfolded: which file, why, and what to do. */

import { IconAlertTriangle, IconChevronDown } from "@tabler/icons-react";

import { useWords } from "../words/words";
import styles from "./Problems.module.css";

const SHOWN = 100;

interface Props {
  count: number;
  /** The first of them. */
  lines: { path: string; text: string }[];
}

export function Problems({ count, lines }: Props) {
  const words = useWords();
  const shown = lines.slice(0, SHOWN);
  return (
    <details className={styles.problems}>
      <summary>
        <IconAlertTriangle size={16} aria-hidden="true" />
        {words.restoring.problems(count)}
        <IconChevronDown size={16} className={styles.fold} aria-hidden="true" />
      </summary>
      {/* Long lists are scrolled, so they can be reached by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <ul tabIndex={0} aria-label={words.restoring.problems(count)}>
        {shown.map(({ path, text }) => (
          <li key={`${path} ${text}`}>
            <bdi>{path}</bdi>
            <span>{text}</span>
          </li>
        ))}
        {count > shown.length && <li>{words.restoring.moreProblems(count - shown.length)}</li>}
      </ul>
    </details>
  );
}
