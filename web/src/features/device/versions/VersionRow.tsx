/** One version of a file: when, what was different, until when it held, and what can be done with it. */

import { Button } from "@mantine/core";
import { IconChevronRight, IconEye } from "@tabler/icons-react";
import { useState } from "react";

import type { FileVersion } from "../../../api/past";
import { brief, toDate } from "../../../lib/times";
import { Preview } from "../../../restoring/Preview";
import { canPreview } from "../../../restoring/previews";
import { RestoreActions } from "../../../restoring/RestoreActions";
import { Size } from "../../../ui/Quantity";
import { When } from "../../../ui/When";
import type { Selection } from "../../../vault/types";
import { useSpeaking } from "../../../words/words";
import { ChangeMark } from "../changes/ChangeMark";
import type { Travel } from "../travel";
import type { NameAndFolder } from "./paths";
import styles from "./Versions.module.css";
import { Ways } from "./Ways";

interface Props {
  travel: Travel;
  path: string;
  version: FileVersion;
  place: NameAndFolder;
  /** Whether this is how the file was at the chosen moment. */
  isHeld: boolean;
  isOpen: boolean;
  onOpen: () => void;
}

export function VersionRow(props: Props) {
  const { travel, version, isHeld, isOpen, onOpen } = props;
  const { words, locale } = useSpeaking();
  return (
    <li data-held={isHeld} data-sequence={version.sequence}>
      <button type="button" className={styles.version} aria-expanded={isOpen} onClick={onOpen}>
        <IconChevronRight size={16} className={styles.chevron} aria-hidden="true" />
        <span className={styles.when}>
          <b>{brief(toDate(version.received), locale)}</b>
          <span>
            <When at={version.received} />
            {version.change !== "removed" && (
              <>
                , <Size bytes={version.size} />
              </>
            )}
          </span>
        </span>
        <ChangeMark change={version.change} />
      </button>
      {isOpen && (
        <div className={styles.more}>
          <Differences version={version} />
          <Until travel={travel} version={version} />
          {isHeld && <p className={styles.held}>{words.versions.held}</p>}
          <Actions {...props} />
        </div>
      )}
    </li>
  );
}

function Differences({ version }: { version: FileVersion }) {
  const { words } = useSpeaking();
  if (version.differs.length === 0) return null;
  const what = version.differs.map((one) => words.versions.differs[one]);
  return <p>{words.versions.different(what.join(", "))}</p>;
}

function Until({ travel, version }: { travel: Travel; version: FileVersion }) {
  const { words, locale } = useSpeaking();
  const isLast = version.until_sequence >= travel.moments.at(-1)!.sequence;
  if (version.change === "removed") return <p>{words.versions.removed}</p>;
  if (isLast) return <p>{words.versions.stillThere}</p>;
  return <p>{words.versions.until(brief(toDate(version.until_received), locale))}</p>;
}

function Actions({ travel, path, version, place }: Props) {
  const { words } = useSpeaking();
  const [looking, setLooking] = useState(false);
  const { device, scope } = travel;
  const { kind, size, sequence } = version;
  const selection: Selection = {
    device: device.device,
    deviceName: device.name,
    sequence,
    items: [{ path, name: place.name, kind, size, files: 0 }],
  };
  const isOwn = scope === "own" && version.change !== "removed";
  return (
    <div className={styles.actions}>
      {isOwn && canPreview(selection.items[0]!) && (
        <Button
          variant="default"
          size="compact-sm"
          leftSection={<IconEye size={16} />}
          onClick={() => setLooking(true)}
        >
          {words.versions.preview}
        </Button>
      )}
      {isOwn && <RestoreActions selection={selection} />}
      <Ways {...{ travel, path, version, place }} />
      {looking && <Preview selection={selection} onClose={() => setLooking(false)} />}
    </div>
  );
}
