/** How a device stands with the update: icon, word and colour, and the reason below. */

import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconClock,
  IconHandStop,
  IconHelp,
  IconMinus,
  IconRefresh,
  IconTool,
} from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { Badge, type Tone } from "../../ui/State";
import { useWords } from "../../words/words";
import styles from "./Releases.module.css";

export type DeviceRelease = Schemas["DeviceRelease"];
export type Standing = DeviceRelease["standing"];

const LOOKS: Record<Standing, [icon: typeof IconClock, tone: Tone]> = {
  "went-back": [IconArrowBackUp, "bad"],
  failed: [IconAlertTriangle, "warn"],
  held: [IconHandStop, "warn"],
  "no-bundle": [IconAlertTriangle, "warn"],
  "too-old": [IconAlertTriangle, "warn"],
  trying: [IconRefresh, "busy"],
  given: [IconClock, "busy"],
  "not-yet": [IconCircleDashed, "idle"],
  silent: [IconHelp, "idle"],
  "by-hand": [IconTool, "idle"],
  none: [IconMinus, "idle"],
  "runs-it": [IconCircleCheck, "ok"],
  newer: [IconCircleCheck, "ok"],
  gone: [IconCircleX, "idle"],
};

/** Those that need a look first. */
const URGENCY = Object.keys(LOOKS);

export function byUrgency(one: DeviceRelease, other: DeviceRelease): number {
  const rank = URGENCY.indexOf(one.standing) - URGENCY.indexOf(other.standing);
  return rank || one.account.localeCompare(other.account) || one.name.localeCompare(other.name);
}

/** Devices that the update concerns: those that can install it by themselves, or run it. */
export function isConcerned({ standing }: DeviceRelease): boolean {
  return !["gone", "by-hand", "no-bundle", "too-old", "silent", "none"].includes(standing);
}

export function runs({ standing }: DeviceRelease): boolean {
  return standing === "runs-it" || standing === "newer";
}

export function StandingCell({ device }: { device: DeviceRelease }) {
  const words = useWords().releases;
  const [icon, tone] = LOOKS[device.standing];
  const why = words.why[device.standing];
  return (
    <span className={styles.standing}>
      <Badge
        icon={icon}
        tone={tone}
        state={device.standing}
        text={words.standings[device.standing]}
      />
      {why && <small>{why}</small>}
      <Told device={device} />
    </span>
  );
}

const TELLING: Standing[] = ["went-back", "failed", "by-hand"];

/** The device's own reason, in the language spoken where the reason is known. */
function Told({ device }: { device: DeviceRelease }) {
  const words = useWords().releases;
  const update = device.update;
  if (!update || !TELLING.includes(device.standing)) return null;
  const known = words.codes[update.code ?? ""];
  const exact = update.reason && device.standing !== "by-hand" ? update.reason : "";
  return (
    <>
      {known && <small>{known}</small>}
      {(exact || !known) && (
        <small className={styles.said}>
          {words.said} <bdi>{exact || update.reason || update.code}</bdi>
        </small>
      )}
    </>
  );
}
