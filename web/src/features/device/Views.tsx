/** What there is to see of the chosen moment, one thing at a time, with a file's history beside it. */

import { Modal, Tabs } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconAlertTriangle, IconFileDiff, IconFolder, IconList } from "@tabler/icons-react";
import { useCallback, type ReactNode } from "react";

import type { SnapshotInfo } from "../../api/client";
import { useWords } from "../../words/words";
import { ChangesView } from "./changes/ChangesView";
import styles from "./DevicePage.module.css";
import { FolderBrowser } from "./folder/FolderBrowser";
import { problemsOf } from "./moments";
import { VIEWS, type View } from "./place";
import { ProblemsView } from "./problems/ProblemsView";
import { SearchField } from "./search/SearchField";
import { SearchResults } from "./search/SearchResults";
import { SnapshotList } from "./snapshots/SnapshotList";
import type { Travel } from "./travel";
import { VersionsPanel } from "./versions/VersionsPanel";

const ICONS: Record<View, typeof IconFolder> = {
  files: IconFolder,
  changes: IconFileDiff,
  problems: IconAlertTriangle,
  snapshots: IconList,
};

interface Props {
  travel: Travel;
  since: SnapshotInfo | null;
}

export function Views({ travel, since }: Props) {
  const words = useWords().travel;
  const { place, go, chosen } = travel;
  const search = useCallback((name: string) => go({ search: name }), [go]);
  const problems = problemsOf(chosen);
  return (
    <Tabs
      value={place.view}
      onChange={(view) => go({ view: view as View, search: "" })}
      keepMounted={false}
      className={styles.views}
    >
      <div className={styles.choose}>
        <Tabs.List aria-label={words.views.label}>
          {VIEWS.map((view) => {
            const Icon = ICONS[view];
            return (
              <Tabs.Tab
                key={view}
                value={view}
                className={styles.tab}
                leftSection={<Icon size={17} />}
              >
                {words.views[view]}
                {view === "problems" && problems > 0 && (
                  <span className={styles.count}>{problems}</span>
                )}
              </Tabs.Tab>
            );
          })}
        </Tabs.List>
        <div className={styles.search}>
          <SearchField search={place.search} onSearch={search} />
        </div>
      </div>
      <Beside travel={travel}>
        {VIEWS.map((view) => (
          <Tabs.Panel key={view} value={view}>
            {place.search !== "" ? (
              <SearchResults travel={travel} />
            ) : (
              <Shown view={view} travel={travel} since={since} />
            )}
          </Tabs.Panel>
        ))}
      </Beside>
    </Tabs>
  );
}

function Shown({ view, travel, since }: Props & { view: View }) {
  if (view === "changes") return <ChangesView travel={travel} since={since} />;
  if (view === "problems") return <ProblemsView travel={travel} />;
  if (view === "snapshots") return <SnapshotList travel={travel} />;
  return <FolderBrowser travel={travel} />;
}

function Beside({ travel, children }: { travel: Travel; children: ReactNode }) {
  const words = useWords().versions;
  const narrow = useMediaQuery("(max-width: 60em)");
  const { place, go } = travel;
  const close = () => go({ file: null });
  const path = place.file;
  const panel = path !== null && (
    <VersionsPanel key={path} travel={travel} path={path} onClose={close} />
  );
  return (
    <div className={styles.columns} data-beside={panel !== false && !narrow}>
      <div className={styles.main}>{children}</div>
      {panel && !narrow && <aside className={`${styles.panel} ${styles.aside}`}>{panel}</aside>}
      {panel && narrow && (
        <Modal.Root opened onClose={close} fullScreen lockScroll={false} padding={0}>
          <Modal.Content aria-label={words.title}>
            <Modal.Body>{panel}</Modal.Body>
          </Modal.Content>
        </Modal.Root>
      )}
    </div>
  );
}
