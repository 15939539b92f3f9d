/** What the marks of the timeline mean; only those that occur. */

import { useWords } from "../../../words/words";
import styles from "./Timeline.module.css";

interface Props {
  lacks: boolean;
  partial: boolean;
  gaps: boolean;
  stubs: boolean;
}

export function Legend({ lacks, partial, gaps, stubs }: Props) {
  const words = useWords().travel.legend;
  const shown: [string, boolean, string][] = [
    ["bar", true, words.bar],
    ["lack", lacks, words.lacks],
    ["partial", partial, words.checkpoint],
    ["gap", gaps, words.gap],
    ["stub", stubs, words.expired],
  ];
  return (
    <ul className={styles.legend}>
      {shown.map(([kind, occurs, text]) => occurs && <li key={kind} data-kind={kind}>{text}</li>)}
    </ul>
  );
}
