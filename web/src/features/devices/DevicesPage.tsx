/** One's own devices. The first answer: am I protected? */

import { Button, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDeviceLaptop, IconPlus } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Device } from "../../api/client";
import { devicesQuery } from "../../api/queries";
import { Empty, FailureNotice, PageHead, Section } from "../../ui/Page";
import { byUrgency } from "../../ui/State";
import { Verdict } from "../../ui/Verdict";
import { useWords } from "../../words/words";
import { DeviceCard } from "./DeviceCard";
import styles from "./DevicesPage.module.css";

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
      {devices.isPending && <WaitingCards />}
      {devices.isLoadingError && (
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

/** The shape of what is on its way. */
function WaitingCards() {
  const words = useWords().shell;
  return (
    <div className={styles.page} role="status" aria-label={words.loading}>
      <Skeleton height={92} radius="lg" />
      <div className={styles.cards}>
        {["one", "two", "three"].map((card) => (
          <Skeleton key={card} height={218} radius="lg" />
        ))}
      </div>
    </div>
  );
}

function DeviceOverview({ devices }: { devices: Device[] }) {
  const words = useWords().devices;
  const active = devices.filter((device) => device.state !== "revoked").toSorted(byUrgency);
  const revoked = devices.filter((device) => device.state === "revoked");
  return (
    <div className={styles.page}>
      <Verdict devices={active} words={words} />
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
