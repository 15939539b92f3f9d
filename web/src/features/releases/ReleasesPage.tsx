/** The versions of the client: what devices run, what they should run, and how that goes. */

import { useQuery } from "@tanstack/react-query";
import { IconPackage } from "@tabler/icons-react";

import { rolloutQuery } from "../../api/queries";
import { Empty, FailureNotice, PageHead, Section, Waiting } from "../../ui/Page";
import { useWords } from "../../words/words";
import { DeviceVersions } from "./DeviceVersions";
import { History } from "./History";
import { ReleaseList } from "./ReleaseList";
import styles from "./Releases.module.css";
import { RolloutCard } from "./RolloutCard";

export function ReleasesPage() {
  const words = useWords().releases;
  const found = useQuery(rolloutQuery);
  return (
    <>
      <PageHead title={words.title} lead={words.lead} />
      {found.isPending && <Waiting rows={6} />}
      {found.isLoadingError && (
        <FailureNotice error={found.error} retry={() => void found.refetch()} />
      )}
      {found.data && (
        <div className={styles.sections}>
          {found.data.releases.length === 0 ? (
            <Section>
              <Empty
                icon={<IconPackage size={26} />}
                title={words.noneTitle}
                text={words.noneText}
              />
            </Section>
          ) : (
            <RolloutCard overview={found.data} />
          )}
          <DeviceVersions devices={found.data.devices} />
          <ReleaseList releases={found.data.releases} />
          <History history={found.data.history} />
        </div>
      )}
    </>
  );
}
