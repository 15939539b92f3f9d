/** A device's files through time: the timeline, and below it what the chosen moment holds. */

import { useQuery } from "@tanstack/react-query";
import { IconHistory } from "@tabler/icons-react";
import { useMemo } from "react";

import type { Device, SnapshotInfo } from "../../api/client";
import { snapshotsQuery, type Scope } from "../../api/queries";
import { Command } from "../../ui/Copy";
import { Empty, FailureNotice, Section } from "../../ui/Page";
import { useWords } from "../../words/words";
import { firstShown, momentOf } from "./moments";
import { Pending } from "./Pending";
import { Timeline } from "./timeline/Timeline";
import type { Travel } from "./travel";
import { usePlace } from "./usePlace";
import { Views } from "./Views";

interface Props {
  scope: Scope;
  device: Device;
  snapshot: string | undefined;
  path: string | undefined;
}

export function TimeTravel(props: Props) {
  const words = useWords().device;
  const snapshots = useQuery(snapshotsQuery(props.device));
  const [moments, stubs] = useMemo(() => apart(snapshots.data ?? []), [snapshots.data]);
  if (snapshots.isPending) return <Pending />;
  if (snapshots.isError) {
    return <FailureNotice error={snapshots.error} retry={() => void snapshots.refetch()} />;
  }
  if (moments.length === 0) {
    return (
      <Section>
        <Empty icon={<IconHistory size={26} />} title={words.noSnapshots} text={words.noSnapshotsText}>
          <Command text="csb backup" label="csb backup" />
        </Empty>
      </Section>
    );
  }
  return <Travelling {...props} moments={moments} stubs={stubs} />;
}

/** What can be looked into, and what has expired. */
function apart(snapshots: SnapshotInfo[]): [SnapshotInfo[], SnapshotInfo[]] {
  return [snapshots.filter((one) => !one.expired), snapshots.filter((one) => one.expired)];
}

interface TravellingProps extends Props {
  moments: SnapshotInfo[];
  stubs: SnapshotInfo[];
}

function Travelling({ scope, device, moments, stubs, snapshot, path }: TravellingProps) {
  const { place, address, go } = usePlace(scope, device.device, snapshot, path);
  const newest = firstShown(moments)!;
  const chosen = (place.sequence === null ? null : momentOf(moments, place.sequence)) ?? newest;
  const before = moments[moments.indexOf(chosen) - 1] ?? null;
  const asked = place.since === null ? null : momentOf(moments, place.since);
  const since = asked && asked !== chosen ? asked : before;
  const travel: Travel = { device, scope, moments, chosen, before, place, address, go };
  return (
    <>
      <Timeline
        {...{ moments, stubs, chosen, newest }}
        onChoose={(one) => go({ sequence: one === newest ? null : one.sequence })}
        since={place.view === "changes" ? since : null}
        onSince={(one) => go({ since: one.sequence })}
      />
      <Views travel={travel} since={since} />
    </>
  );
}
