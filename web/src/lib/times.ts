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
  ["second", 1],
];

/** `5 minutes ago`. Seconds are not told apart: it is now. */
export function relative(date: Date, now: Date, language: string): string {
  const seconds = (date.getTime() - now.getTime()) / 1000;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const [unit, length] = STEPS.find(([, one]) => Math.abs(seconds) >= one) ?? ["second", 1];
  if (unit === "second") return format.format(0, "second");
  return format.format(Math.trunc(seconds / length), unit);
}

/** Day and time, to the second, with the zone. */
export function exact(date: Date, language: string): string {
  const options = { dateStyle: "full", timeStyle: "long" } as const;
  return new Intl.DateTimeFormat(language, options).format(date);
}

/** Day and time, short. */
export function brief(date: Date, language: string): string {
  const options = { dateStyle: "medium", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat(language, options).format(date);
}

export function timeOfDay(date: Date, language: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(date);
}

export function day(date: Date, language: string): string {
  const options = { weekday: "short", day: "numeric", month: "long", year: "numeric" } as const;
  return new Intl.DateTimeFormat(language, options).format(date);
}

/** `2 days`: the largest unit that leaves at least two, so that 36 hours are not one day. */
export function duration(seconds: number, language: string): string {
  const step = STEPS.find(([unit, one]) => unit !== "second" && seconds >= 2 * one) ?? ["minute", 60];
  const [unit, length] = step as [string, number];
  const options = { style: "unit", unit, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(language, options).format(Math.round(seconds / length));
}
