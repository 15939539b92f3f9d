/** One device: how it does, its snapshots, and the files in the chosen one. */

import { useQuery } from "@tanstack/react-query";
import { IconDeviceLaptop, IconHistory } from "@tabler/icons-react";
import { useLocation } from "wouter";

import type { Device, SnapshotInfo } from "../../api/client";
import { devicesQuery, snapshotsQuery, type Scope } from "../../api/queries";
import { Command } from "../../ui/Copy";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { StateBadge, StateReason } from "../../ui/State";
import { useWords } from "../../words/words";
import { DeviceFacts } from "./DeviceFacts";
import styles from "./DevicePage.module.css";
import { FolderBrowser } from "./FolderBrowser";
import { RevokeDevice } from "./RevokeDevice";
import { SnapshotList } from "./SnapshotList";

interface Props {
  scope: Scope;
  device: string;
  /** The sequence of the chosen snapshot; the newest without. */
  snapshot?: string | undefined;
  /** The folder shown, base64url; the roots without. */
  path?: string | undefined;
}

export function DevicePage({ scope, device, snapshot, path }: Props) {
  const words = useWords().device;
  const devices = useQuery(devicesQuery(scope));
  if (devices.isPending) return <Waiting />;
  if (devices.isError) {
    return <FailureNotice error={devices.error} retry={() => void devices.refetch()} />;
  }
  const found = devices.data.find((one) => one.device === device);
  if (!found) {
    return (
      <Section>
        <Empty
          icon={<IconDeviceLaptop size={26} />}
          title={words.notFound}
          text={words.notFoundText}
          alone
        />
      </Section>
    );
  }
  return (
    <>
      <PageHead
        name={found.name}
        title={
          <>
            {found.name} <StateBadge state={found.state} />
          </>
        }
        lead={<StateReason device={found} />}
        actions={scope === "own" && found.revoked === null && <RevokeDevice device={found} />}
      />
      <div className={styles.page}>
        <DeviceFacts device={found} scope={scope} />
        <History scope={scope} device={found} snapshot={snapshot} path={path ?? ""} />
      </div>
    </>
  );
}

interface HistoryProps {
  scope: Scope;
  device: Device;
  snapshot: string | undefined;
  path: string;
}

function History({ scope, device, snapshot, path }: HistoryProps) {
  const words = useWords().device;
  const [, navigate] = useLocation();
  const snapshots = useQuery(snapshotsQuery(device.device));
  if (snapshots.isPending) return <Waiting rows={6} />;
  if (snapshots.isError) {
    return <FailureNotice error={snapshots.error} retry={() => void snapshots.refetch()} />;
  }
  const chosen = choose(snapshots.data, snapshot);
  if (!chosen) {
    return (
      <Section>
        <Empty
          icon={<IconHistory size={26} />}
          title={words.noSnapshots}
          text={words.noSnapshotsText}
        >
          <Command text="csb backup" label="csb backup" />
        </Empty>
      </Section>
    );
  }
  const base = scope === "all" ? "/admin/devices" : "/devices";
  const addressOf = (sequence: number, folder: string) =>
    `${base}/${device.device}/snapshots/${sequence}${folder === "" ? "" : `/${folder}`}`;
  return (
    <div className={styles.columns}>
      <SnapshotList
        snapshots={snapshots.data}
        chosen={chosen}
        onChoose={(one) => navigate(addressOf(one.sequence, path))}
      />
      <FolderBrowser
        device={device}
        snapshot={chosen}
        path={path}
        addressOf={(folder) => addressOf(chosen.sequence, folder)}
        isOwn={scope === "own"}
      />
    </div>
  );
}

function choose(snapshots: SnapshotInfo[], sequence: string | undefined): SnapshotInfo | undefined {
  if (sequence === undefined) return snapshots[0];
  return snapshots.find((one) => String(one.sequence) === sequence) ?? snapshots[0];
}
