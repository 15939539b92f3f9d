/** Times as people read them. The server counts nanoseconds since 1970. */

export function toDate(nanoseconds: number): Date {
  return new Date(nanoseconds / 1e6);
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["week", 7 * 86_400],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const MINUTE_STEP: [Intl.RelativeTimeFormatUnit, number] = ["minute", 60];
const WEEK = 7 * 86_400;

/** `5 minutes ago`; `justNow` within the last minute. `5 weeks ago`, where `last month` says little. */
export function relative(date: Date, now: Date, locale: string, justNow: string): string {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const [unit, length] =
    STEPS.find(([, one]) => Math.abs(seconds) >= (one < WEEK ? one : 2 * one)) ?? MINUTE_STEP;
  const count = Math.trunc(seconds / length);
  if (count === 0) return justNow;
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(count, unit);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one takes far longer than using it, and long lists need thousands of times. */
export function formatterOf(
  locale: string,
  options: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  const known = formatters.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, options);
  formatters.set(key, made);
  return made;
}

/** Day and time, to the second, with the zone. */
export function exact(date: Date, locale: string): string {
  const options = { dateStyle: "full", timeStyle: "long" } as const;
  return formatterOf(locale, options).format(date);
}

/** Day and time, short. */
export function brief(date: Date, locale: string): string {
  const options = { dateStyle: "medium", timeStyle: "short" } as const;
  return formatterOf(locale, options).format(date);
}

export function timeOfDay(date: Date, locale: string): string {
  return formatterOf(locale, { timeStyle: "short" }).format(date);
}

export function day(date: Date, locale: string): string {
  const options = { weekday: "short", day: "numeric", month: "long", year: "numeric" } as const;
  return formatterOf(locale, options).format(date);
}

/** `2 days`: the largest unit that leaves at least two, so that 36 hours are not one day. */
export function duration(seconds: number, locale: string): string {
  const step = STEPS.find(([, one]) => seconds >= 2 * one) ?? ["minute", 60];
  const [unit, length] = step as [string, number];
  const options = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(locale, options).format(Math.round(seconds / length));
}
