/** The account's devices: how they do, their names, their end. */

import { Anchor, Button, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDeviceLaptop } from "@tabler/icons-react";
import { useMemo } from "react";
import { Link } from "wouter";

import type { Device } from "../../api/client";
import { devicesQuery } from "../../api/queries";
import { Empty, FailureNotice, Waiting } from "../../ui/Page";
import { Size } from "../../ui/Quantity";
import { Records, type Column } from "../../ui/Records";
import { RevokeDevice } from "../../ui/RevokeDevice";
import { byUrgency, StateBadge } from "../../ui/State";
import { When } from "../../ui/When";
import type { Words } from "../../words/en";
import { useWords } from "../../words/words";
import styles from "./Account.module.css";
import { RenameDevice } from "./RenameDevice";

export function OwnDevices() {
  const words = useWords();
  const devices = useQuery(devicesQuery("own"));
  if (devices.isPending) return <Waiting rows={2} />;
  if (devices.isError) {
    return <FailureNotice error={devices.error} retry={() => void devices.refetch()} />;
  }
  if (devices.data.length === 0) {
    return (
      <Empty
        icon={<IconDeviceLaptop size={26} />}
        title={words.devices.emptyTitle}
        text={words.devices.emptyText}
      >
        <AddDevice />
      </Empty>
    );
  }
  return (
    <Stack gap="md" align="flex-start">
      <DeviceRecords devices={devices.data.toSorted(byUrgency)} />
      <AddDevice />
    </Stack>
  );
}

function DeviceRecords({ devices }: { devices: Device[] }) {
  const words = useWords();
  const columns = useMemo(() => columnsOf(words), [words]);
  return (
    <Records
      caption={words.account.devicesTitle}
      columns={columns}
      rows={devices}
      keyOf={(device) => device.device}
    />
  );
}

function columnsOf(words: Words): Column<Device>[] {
  return [
    {
      title: words.admin.device,
      cell: (device) => (
        <Anchor component={Link} href={`/devices/${device.device}`}>
          <bdi>{device.name}</bdi>
        </Anchor>
      ),
    },
    { title: words.admin.state, cell: (device) => <StateBadge state={device.state} /> },
    { title: words.devices.lastContact, cell: (device) => <When at={device.last_contact} /> },
    {
      title: words.devices.stored,
      numeric: true,
      cell: (device) => <Size bytes={device.stored_bytes} />,
    },
    { title: words.account.actions, cell: (device) => <Actions device={device} /> },
  ];
}

function Actions({ device }: { device: Device }) {
  return (
    <div className={styles.acts}>
      <RenameDevice device={device} />
      {device.revoked === null && <RevokeDevice device={device} brief />}
    </div>
  );
}

function AddDevice() {
  const words = useWords().devices;
  return (
    <Button component={Link} href="/add-device" variant="default">
      {words.add}
    </Button>
  );
}
