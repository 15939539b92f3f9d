/** Is all protected? One sentence over devices, from the states the server decided. */

import { IconAlertTriangle, IconShieldCheck, IconShieldOff } from "@tabler/icons-react";

import type { Device } from "../api/client";
import { relative, toDate } from "../lib/times";
import { useSpeaking } from "../words/words";
import { byUrgency, StateBadge } from "./State";
import styles from "./Verdict.module.css";
import { useNow } from "./When";

const FINE: Device["state"][] = ["ok", "running", "paused"];

interface Props {
  /** Without those that were revoked. */
  devices: Device[];
  words: {
    verdictOk: (count: number) => string;
    verdictAttention: (count: number, all: number) => string;
    verdictNone: string;
  };
}

export function Verdict({ devices, words: own }: Props) {
  const { words, locale } = useSpeaking();
  const now = useNow();
  const open = devices.filter((device) => !FINE.includes(device.state));
  const newest = Math.max(0, ...devices.map((device) => device.last_snapshot ?? 0));
  const when = newest > 0 ? relative(toDate(newest), now, locale, words.shell.justNow) : null;
  const tone = devices.length === 0 ? "idle" : open.length === 0 ? "ok" : "warn";
  const Icon = { idle: IconShieldOff, ok: IconShieldCheck, warn: IconAlertTriangle }[tone];
  const title = {
    idle: own.verdictNone,
    ok: own.verdictOk(devices.length),
    warn: own.verdictAttention(open.length, devices.length),
  }[tone];
  return (
    <div className={styles.verdict} data-tone={tone} role="status">
      <Icon size={34} stroke={1.8} aria-hidden="true" />
      <div>
        <h2>{title}</h2>
        {when && <p>{words.devices.verdictOkText(when)}</p>}
      </div>
      {open.length > 0 && devices.length > 1 && <States devices={devices} />}
    </div>
  );
}

/** How many devices are in which state, the most urgent first. */
function States({ devices }: { devices: Device[] }) {
  const states = new Set(devices.toSorted(byUrgency).map((device) => device.state));
  return (
    <ul className={styles.states}>
      {[...states].map((state) => (
        <li key={state}>
          <b>{devices.filter((device) => device.state === state).length}</b>
          <StateBadge state={state} />
        </li>
      ))}
    </ul>
  );
}
