/** What is chosen all together, and how long the first backup takes: about. */

import { formatBytes } from "../../lib/quantities";
import { duration } from "../../lib/times";
import { useSpeaking } from "../../words/words";
import styles from "./Choosing.module.css";
import type { Sum } from "./deciding";

const SHORTEST_SECONDS = 60; // nothing shorter is said

export function Total({ sum, bytesPerSecond }: { sum: Sum; bytesPerSecond: number }) {
  const { words: all, locale } = useSpeaking();
  const words = all.choosing;
  const seconds = Math.max(sum.bytes / bytesPerSecond, SHORTEST_SECONDS);
  return (
    <div className={styles.total} aria-live="polite">
      <span>
        {words.total}: {sum.exact ? "" : `${words.partly} `}
        <strong>{formatBytes(sum.bytes, locale)}</strong>, {words.files(sum.files)}
      </span>
      <span title={words.aboutWhy}>{words.about(duration(seconds, locale))}</span>
    </div>
  );
}
