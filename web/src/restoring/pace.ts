/** How long something will still take, as people say it. */

const UNITS: [unit: string, seconds: number][] = [
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** `12 sec`, `3 min`, `2 hr`: rounded up, so that it is not later than said. */
export function timeLeft(seconds: number, locale: string): string {
  const step = UNITS.find(([, length]) => seconds >= 1.5 * length) ?? UNITS.at(-1)!;
  const [unit, length] = step;
  const options = { style: "unit", unit, unitDisplay: "short" } as const;
  return new Intl.NumberFormat(locale, options).format(Math.ceil(seconds / length));
}
