/** A time, told from now; the exact one on hover. */

import { useEffect, useState } from "react";

import { exact, relative, toDate } from "../lib/times";
import { useSpeaking } from "../words/words";

const MINUTE = 60_000;

/** The time of day, kept to the half minute. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), MINUTE / 2);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** `at`: nanoseconds since 1970; `otherwise` stands where there is no time. */
export function When({ at, otherwise }: { at: number | null; otherwise?: string }) {
  const { locale, words } = useSpeaking();
  const now = useNow();
  if (at === null) return <>{otherwise ?? words.devices.never}</>;
  const date = toDate(at);
  return (
    <time dateTime={date.toISOString()} title={exact(date, locale)}>
      {relative(date, now, locale, words.shell.justNow)}
    </time>
  );
}
