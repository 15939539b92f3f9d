/** Sizes, counts and shares as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `1.4 GB`: powers of 1,000, three digits at most. */
export function formatBytes(bytes: number, locale: string): string {
  let unit = 0;
  let value = bytes;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
  return `${number.format(value)}\u00a0${UNITS[unit]}`;
}

export function formatCount(count: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** `99.9 %`; never 100 unless it is all. */
export function formatShare(share: number, locale: string): string {
  const floored = Math.floor(share * 1000) / 1000;
  const options = { style: "percent", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(locale, options).format(floored);
}
