/** What somebody is about to change, and how it is written in fields. */

import {
  PARTS,
  type Part,
  type SourceChange,
  type SourceSettings,
} from "../../api/settings";
import { fromBase64, toBase64, utf8 } from "../../lib/bytes";

export const NO_CHANGE: SourceChange = {
  folders: null,
  exclusions: null,
  schedule: null,
  limits: null,
};

/** The parts that differ; the others stay as they are. */
export function changeOf(before: SourceSettings, after: SourceSettings): SourceChange {
  const changed = PARTS.filter((part) => !isSame(before[part], after[part]));
  return { ...NO_CHANGE, ...Object.fromEntries(changed.map((part) => [part, after[part]])) };
}

export function partsOf(change: SourceChange): Part[] {
  return PARTS.filter((part) => change[part] !== null);
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

const decoder = new TextDecoder();

/** A root as people read it; what is no text shows as replacement characters. */
export function rootText(root: string): string {
  return decoder.decode(fromBase64(root));
}

/** What somebody typed, as a root: without the slash at its end. */
export function rootOf(text: string): string {
  const plain = text.trim();
  const shorter = plain.length > 1 ? plain.replace(/[/\\]+$/, "") : plain;
  return toBase64(utf8(shorter || plain));
}

/** Why a path cannot be backed up; null when it can, as far as this page sees. */
export function rootTrouble(text: string, roots: string[]): "relative" | "there" | "inside" | null {
  const path = text.trim();
  if (!/^(\/|~(\/|$)|[A-Za-z]:[\\/]|\\\\)/.test(path)) return "relative";
  const known = roots.map(rootText);
  const plain = rootText(rootOf(path));
  if (known.includes(plain)) return "there";
  return known.some((root) => isBelow(plain, root)) ? "inside" : null;
}

export function isBelow(path: string, root: string): boolean {
  return path.startsWith(root.replace(/[/\\]$/, "") + (root.includes("\\") ? "\\" : "/"));
}

export type RateUnit = "kB" | "MB";
const UNIT_BYTES: Record<RateUnit, number> = { kB: 1000, MB: 1_000_000 };

/** Bytes a second as a number and its unit. */
export function rateFields(rate: number | null): { number: string; unit: RateUnit } {
  if (rate === null) return { number: "", unit: "MB" };
  const unit = rate >= UNIT_BYTES.MB ? "MB" : "kB";
  return { number: String(Math.round((rate / UNIT_BYTES[unit]) * 1000) / 1000), unit };
}

/** Null: as much as goes. */
export function rateOf(number: string, unit: RateUnit): number | null {
  const value = Number(number.replace(",", "."));
  return number.trim() === "" || !(value > 0) ? null : Math.round(value * UNIT_BYTES[unit]);
}

export type TimeUnit = "minutes" | "hours" | "days";
const UNIT_MINUTES: Record<TimeUnit, number> = { minutes: 1, hours: 60, days: 24 * 60 };

export function everyFields(minutes: number): { number: string; unit: TimeUnit } {
  const units: TimeUnit[] = ["days", "hours"];
  const unit = units.find((one) => minutes % UNIT_MINUTES[one] === 0) ?? "minutes";
  return { number: String(Math.round((minutes / UNIT_MINUTES[unit]) * 100) / 100), unit };
}

/** Minutes; null where it is no number above 0. */
export function everyOf(number: string, unit: TimeUnit): number | null {
  const value = Number(number.replace(",", "."));
  return number.trim() !== "" && value > 0 ? value * UNIT_MINUTES[unit] : null;
}
