/** What each device runs, those that need a look first. */

import { Link } from "wouter";

import { Records, type Column } from "../../ui/Records";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import styles from "./Releases.module.css";
import { byUrgency, StandingCell, type DeviceRelease } from "./standings";

export function DeviceVersions({ devices }: { devices: DeviceRelease[] }) {
  const words = useWords().releases;
  const columns = useColumns();
  if (devices.length === 0) return null;
  return (
    <section className={styles.panel}>
      <h2>{words.devices}</h2>
      <Records
        caption={words.devices}
        columns={columns}
        rows={devices.toSorted(byUrgency)}
        keyOf={(device) => device.device}
      />
    </section>
  );
}

function useColumns(): Column<DeviceRelease>[] {
  const words = useWords().releases;
  return [
    {
      title: words.device,
      cell: (device) => (
        <span className={styles.device}>
          <Link href={`/admin/devices/${device.device}`}>
            <bdi>{device.name}</bdi>
          </Link>
          <small>
            <bdi>{device.account}</bdi>
          </small>
        </span>
      ),
    },
    {
      title: words.runs,
      cell: (device) => (
        <span className={styles.version}>
          <bdi>{device.version || words.noVersion}</bdi>
          {device.target && (
            <small>
              <bdi>{device.target}</bdi>
            </small>
          )}
        </span>
      ),
    },
    { title: words.standing, cell: (device) => <StandingCell device={device} /> },
    { title: words.lastContact, cell: (device) => <When at={device.last_contact} /> },
  ];
}
