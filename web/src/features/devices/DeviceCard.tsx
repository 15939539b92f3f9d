/** A device at a glance. */

import { Link } from "wouter";

import type { Device } from "../../api/client";
import { Facts } from "../../ui/Facts";
import { Count, Size } from "../../ui/Quantity";
import { StateBadge, StateReason } from "../../ui/State";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import styles from "./DevicesPage.module.css";

export function DeviceCard({ device }: { device: Device }) {
  const words = useWords().devices;
  return (
    <article className={styles.card}>
      <header>
        <h3>
          <Link href={`/devices/${device.device}`}>
            <bdi>{device.name}</bdi>
          </Link>
        </h3>
        <StateBadge state={device.state} />
      </header>
      <p className={styles.reason}>
        <StateReason device={device} />
      </p>
      <Facts
        facts={[
          [words.lastSnapshot, <When key="snapshot" at={device.last_snapshot} />],
          [words.lastContact, <When key="contact" at={device.last_contact} />],
          [words.files, <Count key="files" count={device.files} />],
          [words.size, <Size key="size" bytes={device.bytes} />],
        ]}
      />
    </article>
  );
}
