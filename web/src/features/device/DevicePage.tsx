/** One device: how it does, and its files through time. */

import { useQuery } from "@tanstack/react-query";
import { IconDeviceLaptop } from "@tabler/icons-react";

import { devicesQuery, type Scope } from "../../api/queries";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { RevokeDevice } from "../../ui/RevokeDevice";
import { StateBadge, StateReason } from "../../ui/State";
import { useWords } from "../../words/words";
import { DeviceFacts } from "./DeviceFacts";
import styles from "./DevicePage.module.css";
import { OpenSettings } from "./OpenSettings";
import { TimeTravel } from "./TimeTravel";

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
  if (devices.isError && !devices.data) {
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
            <bdi>{found.name}</bdi> <StateBadge state={found.state} />
          </>
        }
        lead={<StateReason device={found} />}
        actions={
          <div className={styles.actions}>
            <OpenSettings device={found.device} scope={scope} />
            {scope === "own" && found.revoked === null && <RevokeDevice device={found} />}
          </div>
        }
      />
      <div className={styles.page}>
        <DeviceFacts device={found} scope={scope} />
        <TimeTravel scope={scope} device={found} snapshot={snapshot} path={path} />
      </div>
    </>
  );
}
