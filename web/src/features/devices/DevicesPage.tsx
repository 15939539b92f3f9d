/** One's own devices. The first answer: am I protected? */

import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDeviceLaptop, IconPlus } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Device } from "../../api/client";
import { devicesQuery } from "../../api/queries";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { byUrgency } from "../../ui/State";
import { useWords } from "../../words/words";
import { DeviceCard } from "./DeviceCard";
import styles from "./DevicesPage.module.css";
import { Verdict } from "./Verdict";

export function DevicesPage() {
  const words = useWords().devices;
  const devices = useQuery(devicesQuery("own"));
  const add = (
    <Button component={Link} href="/add-device" leftSection={<IconPlus size={17} />}>
      {words.add}
    </Button>
  );
  const some = devices.data !== undefined && devices.data.length > 0;
  return (
    <>
      <PageHead title={words.title} actions={some && add} />
      {devices.isPending && <Waiting />}
      {devices.isError && (
        <FailureNotice error={devices.error} retry={() => void devices.refetch()} />
      )}
      {devices.data?.length === 0 && (
        <Section>
          <Empty icon={<IconDeviceLaptop size={26} />} title={words.emptyTitle} text={words.emptyText}>
            {add}
          </Empty>
        </Section>
      )}
      {some && <DeviceOverview devices={devices.data} />}
    </>
  );
}

function DeviceOverview({ devices }: { devices: Device[] }) {
  const words = useWords().devices;
  const active = devices.filter((device) => device.state !== "revoked").toSorted(byUrgency);
  const revoked = devices.filter((device) => device.state === "revoked");
  return (
    <div className={styles.page}>
      <Verdict devices={active} />
      <div className={styles.cards}>
        {active.map((device) => (
          <DeviceCard key={device.device} device={device} />
        ))}
      </div>
      {revoked.length > 0 && (
        <section>
          <h2 className={styles.more}>{words.revokedTitle}</h2>
          <div className={styles.cards}>
            {revoked.map((device) => (
              <DeviceCard key={device.device} device={device} />
            ))}
          </div>
        </section>
      )}
    </div>
  );
}
