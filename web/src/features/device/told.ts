/** A snapshot in words: when, what changed, how much, what it lacks. */

import type { SnapshotInfo } from "../../api/client";
import { formatBytes, formatCount, formatShare } from "../../lib/quantities";
import { exact, relative, toDate } from "../../lib/times";
import { useNow } from "../../ui/When";
import { useSpeaking } from "../../words/words";
import { problemsOf } from "./moments";

export interface Told {
  exact: string;
  relative: string;
  changed: string;
  holds: string;
  /** What is not as it should be; empty for a good one. */
  marks: string[];
}

export function useTold(snapshot: SnapshotInfo): Told {
  const { words, locale } = useSpeaking();
  const now = useNow();
  const { travel, device } = words;
  const received = toDate(snapshot.received);
  const problems = problemsOf(snapshot);
  const size = (bytes: number) => formatBytes(bytes, locale);
  return {
    exact: exact(received, locale),
    relative: relative(received, now, locale, words.shell.justNow),
    changed:
      snapshot.files_changed === 0
        ? travel.nothingChanged
        : travel.changed(snapshot.files_changed, size(snapshot.bytes_read)),
    holds: travel.holds(formatCount(snapshot.files, locale), size(snapshot.bytes)),
    marks: [
      ...(snapshot.partial ? [device.checkpoint] : []),
      ...(problems > 0 ? [device.problems(problems)] : []),
      ...(snapshot.coverage < 1 ? [travel.covered(formatShare(snapshot.coverage, locale))] : []),
    ],
  };
}
