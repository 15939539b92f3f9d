/** The settings as they are expected on the device, to be changed and reviewed before saving. */

import { Button } from "@mantine/core";
import { useState } from "react";

import type { Device } from "../../api/client";
import { PARTS, type DeviceSettings, type SourceSettings } from "../../api/settings";
import { useWords } from "../../words/words";
import { changeOf, partsOf } from "./drafts";
import { Parts } from "./parts/Parts";
import { Review } from "./Review";
import styles from "./Settings.module.css";

interface Props {
  device: Device;
  settings: DeviceSettings;
  expected: SourceSettings;
  isOwner: boolean;
}

export function SettingsForm({ device, settings, expected, isOwner }: Props) {
  const words = useWords().settings;
  // What was seen when editing began: a newer revision is a conflict, told when saving.
  const [seen, setSeen] = useState({ revision: settings.revision, expected });
  const [draft, setDraft] = useState(expected);
  const [reviewing, setReviewing] = useState(false);
  const [round, setRound] = useState(0);
  const change = changeOf(seen.expected, draft);
  const changed = partsOf(change);
  const isStale = seen.revision !== settings.revision || seen.expected !== expected;
  if (isStale && changed.length === 0) begin();

  function begin() {
    setSeen({ revision: settings.revision, expected });
    setDraft(expected);
    setRound(round + 1);
  }
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (changed.length > 0) setReviewing(true);
      }}
    >
      <Parts
        key={round}
        draft={draft}
        parts={PARTS}
        may={settings.may_change}
        device={device}
        onChange={setDraft}
      />
      {changed.length > 0 && (
        <div className={styles.bar} role="region" aria-label={words.save}>
          <p>{words.unsaved(changed.map((part) => words.parts[part]).join(", "))}</p>
          <div>
            <Button variant="default" onClick={begin}>
              {words.discard}
            </Button>
            <Button type="submit">{words.save}</Button>
          </div>
        </div>
      )}
      <Review
        opened={reviewing}
        device={device.device}
        revision={seen.revision}
        change={change}
        isOwner={isOwner}
        onSaved={() => setDraft(seen.expected)} // what is expected now comes from the server
        onClose={() => setReviewing(false)}
      />
    </form>
  );
}
