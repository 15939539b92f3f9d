/** What a change does, one line each: what narrows is marked by icon, word and colour. */

import { IconCircleDot, IconCircleMinus, IconCirclePlus } from "@tabler/icons-react";
import type { ReactNode } from "react";

import type { Effect } from "../../api/settings";
import { formatBytes } from "../../lib/quantities";
import { useSpeaking, useWords } from "../../words/words";
import styles from "./Settings.module.css";

export function Effects({ effects }: { effects: Effect[] }) {
  const words = useWords().settings.effects;
  return (
    <ul className={styles.effects}>
      {effects.map((effect) => (
        <li
          key={`${effect.kind} ${effect.detail}`}
          data-does={does(effect)}
        >
          <Mark effect={effect} />
          <span>
            <span className={styles.hidden}>{words[does(effect)]}: </span>
            <Text effect={effect} />
          </span>
        </li>
      ))}
    </ul>
  );
}

const WIDER = new Set<Effect["kind"]>([
  "folder-added",
  "all-file-systems",
  "pattern-added", // unless it narrows: then it takes something back
  "pattern-removed",
  "defaults-off",
  "oftener",
  "continuous-on",
  "quiet-shorter",
  "battery-on",
  "battery-lower",
  "metered-on",
  "faster",
]);

function does(effect: Effect): "narrower" | "wider" | "other" {
  if (effect.narrows) return "narrower";
  return WIDER.has(effect.kind) ? "wider" : "other";
}

const MARKS = { narrower: IconCircleMinus, wider: IconCirclePlus, other: IconCircleDot };

function Mark({ effect }: { effect: Effect }) {
  const Icon = MARKS[does(effect)];
  return <Icon size={17} aria-hidden="true" />;
}

function Text({ effect }: { effect: Effect }): ReactNode {
  const { words, locale } = useSpeaking();
  const word = words.settings.effects[effect.kind];
  if (typeof word === "function") {
    const told = (value: number | null | undefined) => quantity(effect.kind, value ?? null, locale);
    const unlimited = words.settings.effects.unlimited;
    return word(told(effect.was) ?? unlimited, told(effect.becomes) ?? unlimited);
  }
  if (!effect.detail) return word;
  return (
    <>
      <bdi className={styles.code}>{effect.detail}</bdi> {word}
    </>
  );
}

/** Null: as much as goes. */
function quantity(kind: Effect["kind"], value: number | null, locale: string): string | null {
  if (kind.startsWith("battery")) return unit(value ?? 0, "percent", locale);
  if (kind === "slower" || kind === "faster" || kind.startsWith("download")) {
    return value === null ? null : `${formatBytes(value, locale)}/s`;
  }
  const minutes = value ?? 0;
  if (kind.startsWith("quiet")) return unit(Math.round(minutes / 6) / 10, "hour", locale);
  if (minutes > 0 && minutes % 1440 === 0) return unit(minutes / 1440, "day", locale);
  if (minutes > 0 && minutes % 60 === 0) return unit(minutes / 60, "hour", locale);
  return unit(minutes, "minute", locale);
}

function unit(value: number, name: string, locale: string): string {
  const options = { style: "unit", unit: name, unitDisplay: "long" } as const;
  return new Intl.NumberFormat(locale, options).format(value);
}
