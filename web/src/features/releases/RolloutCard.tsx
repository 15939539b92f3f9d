/** The update that is given out: how far it has come, what is next, and how to stop it. */

import { Alert, Button, Group, Stack } from "@mantine/core";
import { IconArrowBackUp, IconHandStop, IconPlayerPause } from "@tabler/icons-react";
import { useState } from "react";

import type { ReleaseOverview } from "../../api/client";
import { relative, toDate } from "../../lib/times";
import { FailureNotice, Section } from "../../ui/Page";
import { useNow } from "../../ui/When";
import { useSpeaking, useWords } from "../../words/words";
import { GiveToAll } from "./GiveToAll";
import { GiveToFirst } from "./GiveToFirst";
import styles from "./Releases.module.css";
import { useSetRollout } from "./setting";
import { isConcerned, runs } from "./standings";

type Asking = "first" | "all" | null;

export function RolloutCard({ overview }: { overview: ReleaseOverview }) {
  const words = useWords().releases;
  const [asking, setAsking] = useState<Asking>(null);
  const close = () => setAsking(null);
  const change = useSetRollout(close);
  const { rollout } = overview;
  const isUnderWay = rollout.stage !== "off";
  const pause = () => change.mutate({ ...rollout, version: rollout.version ?? null, stage: "off" });
  return (
    <Section title={words.rollout}>
      <Stack gap="md">
        <p className={styles.now}>{useSummary(overview)}</p>
        {isUnderWay && <Progress overview={overview} />}
        <Warnings overview={overview} />
        {change.isError && <FailureNotice error={change.error} />}
        <Group gap="sm">
          {rollout.stage === "first" && (
            <Button onClick={() => setAsking("all")}>{words.all}</Button>
          )}
          <Button
            variant={rollout.stage === "first" ? "default" : "filled"}
            onClick={() => setAsking("first")}
          >
            {isUnderWay ? words.change : words.begin}
          </Button>
          {isUnderWay && (
            <Button
              variant="default"
              leftSection={<IconPlayerPause size={16} />}
              loading={change.isPending}
              onClick={pause}
            >
              {words.pause}
            </Button>
          )}
        </Group>
      </Stack>
      {asking === "first" && <GiveToFirst overview={overview} close={close} />}
      {asking === "all" && rollout.version && (
        <GiveToAll version={rollout.version} overview={overview} close={close} />
      )}
    </Section>
  );
}

function useSummary({ rollout, releases }: ReleaseOverview): string {
  const words = useWords().releases;
  const version = rollout.version ?? null;
  if (version === null) return words.idle;
  if (!releases.some((one) => one.version === version && !one.problem)) return words.gone(version);
  if (rollout.stage === "off") return words.paused(version);
  if (rollout.stage === "all") return words.toAll(version);
  return words.toFirst(version, rollout.first?.length ?? 0);
}

function Progress({ overview }: { overview: ReleaseOverview }) {
  const words = useWords().releases;
  const { rollout, devices } = overview;
  const first = new Set(rollout.first);
  const wanted = devices.filter(
    (one) => isConcerned(one) && (rollout.stage === "all" || first.has(one.device)),
  );
  const done = wanted.filter(runs).length;
  return (
    <div className={styles.progress}>
      <progress max={Math.max(wanted.length, 1)} value={done} aria-label={words.rollout} />
      <p>{words.progress(done, wanted.length)}</p>
      {rollout.stage === "first" && (
        <p className={styles.next}>
          <Next overview={overview} />
        </p>
      )}
    </div>
  );
}

function Next({ overview }: { overview: ReleaseOverview }) {
  const { words, locale } = useSpeaking();
  const now = useNow();
  const hours = overview.rollout.automatic_hours ?? null;
  const at = overview.goes_on ?? null;
  if (hours === null) return <>{words.releases.byHand}</>;
  if (at === null) return <>{words.releases.willGoOn(hours)}</>;
  const when = relative(toDate(at), now, locale, words.shell.justNow);
  return <>{words.releases.goesOn(when)}</>;
}

function Warnings({ overview }: { overview: ReleaseOverview }) {
  const words = useWords().releases;
  const back = overview.devices.filter((one) => one.standing === "went-back").length;
  const isHeld = overview.devices.some((one) => one.standing === "held");
  if (isHeld) {
    return (
      <Alert color="red" icon={<IconHandStop />} role="status">
        {words.held}
      </Alert>
    );
  }
  if (back === 0) return null;
  return (
    <Alert color="orange" icon={<IconArrowBackUp />} role="status">
      {words.wentBack(back)}
    </Alert>
  );
}
