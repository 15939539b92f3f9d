/** Who changed what, when, what became of it; and back to what was. */

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { IconCircleCheck, IconCircleDashed, IconCircleX, IconClock } from "@tabler/icons-react";
import { useState } from "react";

import { historyQuery, type DeviceSettings, type SettingsEvent } from "../../api/settings";
import { FailureNotice, Section, Waiting } from "../../ui/Page";
import { Badge, type Tone } from "../../ui/State";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import { changeOf, partsOf } from "./drafts";
import { Effects } from "./Effects";
import { Review } from "./Review";
import styles from "./Settings.module.css";

interface Props {
  settings: DeviceSettings;
  isOwner: boolean;
  /** What the account that is signed in is called. */
  me: string;
}

export function History({ settings, isOwner, me }: Props) {
  const words = useWords().settings.history;
  const { device, revision, state } = settings;
  const history = useInfiniteQuery(historyQuery(device, revision, state));
  if (history.isPending) return <Waiting />;
  if (history.isError) {
    return <FailureNotice error={history.error} retry={() => void history.refetch()} />;
  }
  const events = history.data.pages.flatMap((page) => page.events);
  return (
    <Section title={words.title}>
      {events.length === 0 && <p className={styles.none}>{words.empty}</p>}
      <ol className={styles.history}>
        {events.map((event) => (
          <Event key={event.revision} {...{ event, settings, isOwner, me }} />
        ))}
      </ol>
      {history.hasNextPage && (
        <Button
          variant="default"
          size="xs"
          loading={history.isFetchingNextPage}
          onClick={() => void history.fetchNextPage()}
        >
          {words.more}
        </Button>
      )}
    </Section>
  );
}

export const MARKS: Record<SettingsEvent["state"] | "untold", [Tone, typeof IconClock]> = {
  untold: ["idle", IconCircleDashed],
  waiting: ["busy", IconClock],
  applied: ["ok", IconCircleCheck],
  refused: ["warn", IconCircleX],
  failed: ["bad", IconCircleX],
  replaced: ["idle", IconCircleDashed],
};

function Event({ event, settings, isOwner, me }: Props & { event: SettingsEvent }) {
  const words = useWords().settings;
  const [tone, icon] = MARKS[event.state];
  return (
    <li>
      <div className={styles.eventHead}>
        <b>
          <bdi>{who(event, words.history, me)}</bdi>
        </b>
        <span className={styles.how}>{how(event, words.history)}</span>
        <When at={event.changed} />
        <Badge icon={icon} tone={tone} state={event.state} text={words.state[event.state]} />
      </div>
      {event.effects.length > 0 && <Effects effects={event.effects} />}
      {event.reason && (
        <p className={styles.muted}>
          <bdi>{event.reason}</bdi>
        </p>
      )}
      {event.warnings.length > 0 && (
        <p className={styles.muted}>
          {words.history.warnings}{" "}
          {event.warnings.map((one) => (
            <bdi key={one}>{one} </bdi>
          ))}
        </p>
      )}
      {event.needs_seeing && (
        <p className={styles.muted}>
          {event.seen === null ? words.history.unseen : words.history.seen}
        </p>
      )}
      <Revert event={event} settings={settings} isOwner={isOwner} />
    </li>
  );
}

type HistoryWords = ReturnType<typeof useWords>["settings"]["history"];

function who(event: SettingsEvent, words: HistoryWords, me: string): string {
  if (event.origin === "device") return words.device;
  return event.by === me ? words.you : event.by;
}

function how(event: SettingsEvent, words: HistoryWords): string {
  if (event.template) return words.template(event.template);
  if (event.origin === "refusal") return words.refusal;
  if (event.origin === "permission") return words.permission;
  return event.origin === "device" && event.effects.length === 0 ? words.first : "";
}

/** Only what the person may change, and where something would. */
function Revert({ event, settings, isOwner }: Omit<Props, "me"> & { event: SettingsEvent }) {
  const words = useWords().settings.history;
  const [asking, setAsking] = useState(false);
  if (settings.expected === null) return null;
  const change = changeOf(settings.expected, event.settings);
  const parts = partsOf(change);
  if (parts.length === 0 || parts.some((part) => !settings.may_change.includes(part))) return null;
  return (
    <>
      <Button variant="subtle" size="compact-sm" onClick={() => setAsking(true)}>
        {words.revert}
      </Button>
      <Review
        opened={asking}
        device={settings.device}
        revision={settings.revision}
        change={change}
        isOwner={isOwner}
        title={words.revertTitle}
        onClose={() => setAsking(false)}
      />
    </>
  );
}
