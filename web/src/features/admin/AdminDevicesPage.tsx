/** Every device of the server on one page, those that need a look first. */

import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { IconDevices, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";

import type { Device } from "../../api/client";
import { devicesQuery } from "../../api/queries";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { Count, Size } from "../../ui/Quantity";
import { Records, type Column } from "../../ui/Records";
import { byUrgency, StateBadge, StateReason } from "../../ui/State";
import { Verdict } from "../../ui/Verdict";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import styles from "./Admin.module.css";

const SEARCH_FROM = 8;

export function AdminDevicesPage() {
  const words = useWords().admin;
  const devices = useQuery(devicesQuery("all"));
  return (
    <>
      <PageHead title={words.title} lead={words.lead} />
      {devices.isPending && <Waiting rows={6} />}
      {devices.isLoadingError && (
        <FailureNotice error={devices.error} retry={() => void devices.refetch()} />
      )}
      {devices.data?.length === 0 && (
        <Section>
          <Empty icon={<IconDevices size={26} />} title={words.empty} text={words.emptyText} />
        </Section>
      )}
      {devices.data && devices.data.length > 0 && <DeviceTable devices={devices.data} />}
    </>
  );
}

function DeviceTable({ devices }: { devices: Device[] }) {
  const words = useWords().admin;
  const [search, setSearch] = useState("");
  const columns = useColumns();
  const wanted = search.trim().toLocaleLowerCase();
  const shown = devices
    .filter((device) => `${device.name} ${device.account}`.toLocaleLowerCase().includes(wanted))
    .toSorted(byUrgency);
  return (
    <>
      <div className={styles.verdict}>
        <Verdict devices={devices.filter((device) => device.state !== "revoked")} words={words} />
      </div>
      {devices.length >= SEARCH_FROM && (
        <TextInput
          mb="md"
          maw="22rem"
          aria-label={words.search}
          placeholder={words.search}
          leftSection={<IconSearch size={16} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      )}
      <div className={styles.panel}>
        {shown.length === 0 ? (
          <p className={styles.nothing}>{words.noMatch}</p>
        ) : (
          <Records
            caption={words.title}
            columns={columns}
            rows={shown}
            keyOf={(device) => device.device}
          />
        )}
      </div>
    </>
  );
}

function useColumns(): Column<Device>[] {
  const words = useWords();
  const { admin, devices } = words;
  return [
    {
      title: admin.device,
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
      title: admin.state,
      cell: (device) => (
        <span className={styles.state}>
          <StateBadge state={device.state} />
          {device.state !== "ok" && (
            <small>
              <StateReason device={device} />
            </small>
          )}
        </span>
      ),
    },
    { title: devices.lastContact, cell: (device) => <When at={device.last_contact} /> },
    { title: devices.lastFile, cell: (device) => <When at={device.last_file_backed_up} /> },
    { title: devices.lastSnapshot, cell: (device) => <When at={device.last_snapshot} /> },
    { title: devices.files, numeric: true, cell: (device) => <Count count={device.files} /> },
    { title: devices.size, numeric: true, cell: (device) => <Size bytes={device.bytes} /> },
  ];
}
