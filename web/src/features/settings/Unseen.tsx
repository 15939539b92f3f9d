/** What somebody else changed: shown to the owner until seen, and it can be taken back. */

import { Button, Group } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { IconAlertTriangle, IconEye, IconInfoCircle } from "@tabler/icons-react";

import { refuseSettings, seeSettings, type SettingsEvent } from "../../api/settings";
import { FailureNotice } from "../../ui/Page";
import { When } from "../../ui/When";
import { useWords } from "../../words/words";
import { Effects } from "./Effects";
import styles from "./Settings.module.css";

interface Props {
  device: string;
  event: SettingsEvent;
  isOwner: boolean;
}

export function Unseen({ device, event, isOwner }: Props) {
  const words = useWords().settings;
  const narrows = event.effects.some((one) => one.narrows);
  const Icon = narrows ? IconAlertTriangle : IconInfoCircle;
  return (
    <section className={styles.unseen} data-narrows={narrows}>
      <header>
        <Icon size={20} aria-hidden="true" />
        <div>
          <h2>
            <bdi>
              {event.template
                ? words.unseen.titleTemplate(event.by, event.template)
                : words.unseen.title(event.by)}
            </bdi>
          </h2>
          <p>
            <When at={event.changed} />
            {narrows && <> · {words.unseen.narrows}</>}
          </p>
        </div>
      </header>
      <Effects effects={event.effects} />
      {isOwner ? <Answers device={device} revision={event.revision} /> : <p>{words.history.unseen}</p>}
    </section>
  );
}

function Answers({ device, revision }: { device: string; revision: number }) {
  const words = useWords().settings.unseen;
  const queries = useQueryClient();
  const after = () => queries.invalidateQueries({ queryKey: ["settings", device] });
  const see = useMutation({ mutationFn: () => seeSettings(device, revision), onSuccess: after });
  const refuse = useMutation({
    mutationFn: () => refuseSettings(device, revision),
    onSuccess: after,
  });
  const failure = see.error ?? refuse.error;
  return (
    <>
      {failure && <FailureNotice error={failure} />}
      <Group gap="sm">
        <Button
          variant="default"
          leftSection={<IconEye size={17} />}
          loading={see.isPending}
          onClick={() => see.mutate()}
        >
          {words.seen}
        </Button>
        <Button
          variant="subtle"
          color="red"
          loading={refuse.isPending}
          onClick={() => refuse.mutate()}
        >
          {words.refuse}
        </Button>
      </Group>
    </>
  );
}
