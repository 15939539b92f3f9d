/** The first backup as it goes, and what stands at its end. */

import { Alert, Button, Progress, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconExternalLink,
  IconRefresh,
} from "@tabler/icons-react";

import { choosingQuery, isOver, startBackup, type Choosing } from "../../api/ownDevice";
import { formatBytes } from "../../lib/quantities";
import { duration } from "../../lib/times";
import { Command } from "../../ui/Copy";
import { Facts } from "../../ui/Facts";
import { Empty, FailureNotice, Narrow, PageHead, Section } from "../../ui/Page";
import { useSpeaking, useWords } from "../../words/words";

const SHORTEST_SECONDS = 60;

export function Running({ choosing }: { choosing: Choosing }) {
  const words = useWords().choosing;
  const { run } = choosing;
  if (isOver(choosing)) return <Protected choosing={choosing} />;
  const failed = run.state === "failed";
  return (
    <Narrow wide>
      <PageHead
        title={failed ? words.failedTitle : words.runningTitle}
        lead={failed ? undefined : words.runningLead}
      />
      <Section>{failed ? <Failed choosing={choosing} /> : <HowFar choosing={choosing} />}</Section>
    </Narrow>
  );
}

function HowFar({ choosing: { run, bytes_per_second: assumed } }: { choosing: Choosing }) {
  const { words: all, locale } = useSpeaking();
  const words = all.choosing;
  const total = Math.max(run.bytes, run.bytes_done);
  const pace = run.bytes_done > 0 ? run.bytes_done / run.seconds : assumed;
  const left = Math.max((total - run.bytes_done) / pace, SHORTEST_SECONDS);
  return (
    <Stack gap="md">
      <Progress
        value={total > 0 ? Math.floor((run.bytes_done / total) * 100) : 0}
        size="lg"
        aria-label={words.runningTitle}
      />
      <Facts
        facts={[
          [words.found, `${words.files(run.files)}, ${formatBytes(run.bytes, locale)}`],
          [words.saved, `${words.files(run.files_done)}, ${formatBytes(run.bytes_done, locale)}`],
          [words.sent, formatBytes(run.bytes_sent, locale)],
        ]}
      />
      <p>{words.left(duration(left, locale))}</p>
    </Stack>
  );
}

function Failed({ choosing }: { choosing: Choosing }) {
  const words = useWords().choosing;
  const queries = useQueryClient();
  const roots = choosing.places.filter((one) => one.ticked).map((one) => one.path_bytes);
  const again = useMutation({
    mutationFn: () => startBackup(roots, []),
    onSuccess: (now) => queries.setQueryData(choosingQuery.queryKey, now),
  });
  return (
    <Stack gap="md" align="flex-start">
      <Alert color="red" icon={<IconAlertTriangle />} role="alert">
        <bdi>{choosing.run.message}</bdi>
      </Alert>
      {again.isError && <FailureNotice error={again.error} />}
      <Button
        leftSection={<IconRefresh size={18} aria-hidden="true" />}
        loading={again.isPending}
        onClick={() => again.mutate()}
      >
        {words.again}
      </Button>
    </Stack>
  );
}

function Protected({ choosing }: { choosing: Choosing }) {
  const { words: all, locale } = useSpeaking();
  const words = all.choosing;
  const { run, service } = choosing;
  return (
    <Narrow wide>
      <PageHead title={words.doneTitle} />
      <Section>
        <Empty
          icon={<IconCircleCheck size={26} />}
          title={words.done(words.files(run.files_done), formatBytes(run.bytes_done, locale))}
          text={service.state === "running" ? words.serviceOn : ""}
        >
          {run.problems > 0 && (
            <Alert color="yellow" icon={<IconAlertTriangle />} title={words.problems(run.problems)}>
              {words.problemsText}
            </Alert>
          )}
          {service.state === "not-possible" && (
            <Stack gap="xs">
              <p>{words.serviceOff}</p>
              <Command text={service.command} label={service.command} />
            </Stack>
          )}
          <Button
            component="a"
            href={`${choosing.server}/#/devices/${choosing.device}`}
            leftSection={<IconExternalLink size={18} aria-hidden="true" />}
          >
            {words.toDevice}
          </Button>
        </Empty>
      </Section>
    </Narrow>
  );
}
