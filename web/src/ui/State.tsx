/** A device's state: icon, word and colour together, so that none of them is needed alone. */

import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClockExclamation,
  IconPlayerPause,
  IconRefresh,
} from "@tabler/icons-react";

import type { Device } from "../api/client";
import { duration, toDate } from "../lib/times";
import { useSpeaking, useWords } from "../words/words";
import styles from "./State.module.css";
import { useNow } from "./When";

type State = Device["state"];
export type Tone = "ok" | "warn" | "bad" | "busy" | "idle";

const TONES: Record<State, Tone> = {
  ok: "ok",
  running: "busy",
  problems: "warn",
  overdue: "bad",
  never: "warn",
  paused: "idle",
  revoked: "idle",
};

/** Those that need a look first. */
const URGENCY: State[] = ["overdue", "problems", "never", "running", "paused", "ok", "revoked"];

export function byUrgency(one: Device, other: Device): number {
  const rank = URGENCY.indexOf(one.state) - URGENCY.indexOf(other.state);
  return rank || one.account.localeCompare(other.account) || one.name.localeCompare(other.name);
}

const ICONS: Record<State, typeof IconCircleCheck> = {
  ok: IconCircleCheck,
  running: IconRefresh,
  problems: IconAlertTriangle,
  overdue: IconClockExclamation,
  never: IconCircleDashed,
  paused: IconPlayerPause,
  revoked: IconCircleX,
};

export function StateBadge({ state }: { state: State }) {
  const words = useWords();
  return <Badge icon={ICONS[state]} tone={TONES[state]} state={state} text={words.state[state]} />;
}

interface BadgeProps {
  icon: typeof IconCircleCheck;
  tone: Tone;
  /** The state's name, for tests and styles. */
  state: string;
  text: string;
}

/** A state: always an icon, a word and a colour. */
export function Badge({ icon: Icon, tone, state, text }: BadgeProps) {
  return (
    <span className={styles.badge} data-tone={tone} data-state={state}>
      <Icon size={15} stroke={2.2} aria-hidden="true" />
      {text}
    </span>
  );
}

/** Why the state is what it is, in the language spoken. */
export function StateReason({ device }: { device: Device }) {
  const { words, locale } = useSpeaking();
  const now = useNow();
  const reasons = words.stateReason;
  if (device.state === "problems") return <>{reasons.problems(device.problems)}</>;
  if (device.state === "overdue" && device.last_snapshot !== null) {
    const age = (now.getTime() - toDate(device.last_snapshot).getTime()) / 1000;
    const limit = duration(device.overdue_after_seconds, locale);
    return <>{reasons.overdue(duration(age, locale), limit)}</>;
  }
  return <>{reasons[device.state === "overdue" ? "never" : device.state]}</>;
}
