/** What is known of a device. */

import type { Device } from "../../api/client";
import type { Scope } from "../../api/queries";
import { Facts, Id, type Fact } from "../../ui/Facts";
import { Count, Share, Size } from "../../ui/Quantity";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import styles from "./DevicePage.module.css";

export function DeviceFacts({ device, scope }: { device: Device; scope: Scope }) {
  const words = useWords();
  const owner: Fact[] = scope === "all" ? [[words.device.owner, device.account]] : [];
  return (
    <section className={`${styles.panel} ${styles.facts}`} aria-label={words.device.facts}>
      <Facts
        facts={[
          ...owner,
          [words.devices.lastSnapshot, <When key="snapshot" at={device.last_snapshot} />],
          [words.devices.lastContact, <When key="contact" at={device.last_contact} />],
          [words.devices.lastFile, <When key="file" at={device.last_file_backed_up} />],
          [words.devices.coverage, device.snapshots === 0 ? "–" : <Share key="share" share={device.coverage} />],
        ]}
      />
      <details className={styles.details}>
        <summary>{words.device.details}</summary>
        <Facts
          facts={[
            [words.devices.files, <Count key="files" count={device.files} />],
            [words.devices.size, <Size key="size" bytes={device.bytes} />],
            [words.devices.stored, <Size key="stored" bytes={device.stored_bytes} />],
            [words.devices.system, device.os || "–"],
            [words.devices.version, device.version || "–"],
            [words.devices.enrolled, <When key="created" at={device.created} />],
            [words.device.id, <Id key="id">{device.device}</Id>],
          ]}
        />
      </details>
    </section>
  );
}
