/** Am I protected? One sentence over all devices, from the states the server decided. */

import { IconAlertTriangle, IconShieldCheck, IconShieldOff } from "@tabler/icons-react";

import type { Device } from "../../api/client";
import { relative, toDate } from "../../lib/times";
import { useNow } from "../../ui/When";
import { useSpeaking } from "../../words/words";
import styles from "./DevicesPage.module.css";

const FINE: Device["state"][] = ["ok", "running"];

export function Verdict({ devices }: { devices: Device[] }) {
  const { words, locale } = useSpeaking();
  const now = useNow();
  const open = devices.filter((device) => !FINE.includes(device.state));
  const newest = Math.max(0, ...devices.map((device) => device.last_snapshot ?? 0));
  const when = newest > 0 ? relative(toDate(newest), now, locale, words.shell.justNow) : null;
  const tone = devices.length === 0 ? "idle" : open.length === 0 ? "ok" : "warn";
  const Icon = { idle: IconShieldOff, ok: IconShieldCheck, warn: IconAlertTriangle }[tone];
  const title = {
    idle: words.devices.verdictNone,
    ok: words.devices.verdictOk(devices.length),
    warn: words.devices.verdictAttention(open.length, devices.length),
  }[tone];
  return (
    <div className={styles.verdict} data-tone={tone} role="status">
      <Icon size={34} stroke={1.8} aria-hidden="true" />
      <div>
        <h2>{title}</h2>
        {when && <p>{words.devices.verdictOkText(when)}</p>}
      </div>
    </div>
  );
}
