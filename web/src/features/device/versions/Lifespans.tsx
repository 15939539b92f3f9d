/** When each version held, drawn along the time of the device. The list below says the same. */

import type { FileVersion } from "../../../api/past";
import { brief, toDate } from "../../../lib/times";
import { useSpeaking } from "../../../words/words";
import type { Travel } from "../travel";
import styles from "./Versions.module.css";

const WIDTH = 1000;

interface Props {
  travel: Travel;
  versions: FileVersion[];
  shown: number;
}

export function Lifespans({ travel, versions, shown }: Props) {
  const { locale } = useSpeaking();
  const { moments, chosen } = travel;
  const first = moments[0]!.received;
  const last = moments.at(-1)!.received;
  const toX = (at: number) => ((at - first) / Math.max(last - first, 1)) * (WIDTH - 8) + 4;
  const spans = versions.filter((one) => one.change !== "removed");
  return (
    <div className={styles.spans} aria-hidden="true">
      <svg viewBox={`0 0 ${WIDTH} 40`} preserveAspectRatio="none">
        <line className={styles.ground} x1={0} x2={WIDTH} y1={20} y2={20} />
        {spans.map((one, at) => {
          const x = toX(one.received);
          // Up to where the next one begins, so that what held without a break shows none.
          const next = versions[versions.indexOf(one) - 1];
          const end = toX(next ? next.received : one.until_received);
          return (
            <rect
              key={one.sequence}
              className={styles.span}
              data-odd={at % 2 === 1}
              data-shown={one.sequence === shown}
              x={x}
              width={Math.max(end - x - 2, 5)}
              y={9}
              height={22}
            />
          );
        })}
        <rect className={styles.now} x={toX(chosen.received) - 2} width={4} y={0} height={40} />
      </svg>
      <p>
        <span>{brief(toDate(first), locale)}</span>
        <span>{brief(toDate(last), locale)}</span>
      </p>
    </div>
  );
}
