/** At the device itself: which folders, what to leave out, and the first backup. */

import { Alert, Button, Stack } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";

import { choosingQuery, startBackup, type Choosing } from "../../api/ownDevice";
import { FailureNotice, Narrow, PageHead, Section, Waiting } from "../../ui/Page";
import { useWords } from "../../words/words";
import { AddFolder } from "./AddFolder";
import styles from "./Choosing.module.css";
import { chosenPlaces, sumOf, type Ticks } from "./deciding";
import { Junk } from "./Junk";
import { Places } from "./Places";
import { Running } from "./Running";
import { Total } from "./Total";

export function ChoosingPage() {
  const choosing = useQuery(choosingQuery);
  if (choosing.isPending) return <Waiting />;
  if (choosing.data === undefined) {
    return <FailureNotice error={choosing.error} retry={() => void choosing.refetch()} />;
  }
  const { run } = choosing.data;
  if (run.state === "none") return <Choose choosing={choosing.data} />;
  return <Running choosing={choosing.data} />;
}

function Choose({ choosing }: { choosing: Choosing }) {
  const words = useWords().choosing;
  const queries = useQueryClient();
  const [ticks, setTicks] = useState<Ticks>({});
  const places = chosenPlaces(choosing, ticks);
  const sum = sumOf(choosing, places, ticks);
  const start = useMutation({
    mutationFn: () => startBackup(places.map((one) => one.path_bytes), sum.exclusions),
    onSuccess: (now) => {
      queries.setQueryData(choosingQuery.queryKey, now);
      return queries.invalidateQueries({ queryKey: choosingQuery.queryKey });
    },
  });
  const tick = (key: string, on: boolean) => setTicks((before) => ({ ...before, [key]: on }));
  return (
    <Narrow wide>
      <PageHead
        title={words.title}
        lead={<bdi>{words.lead(choosing.device_name, choosing.account)}</bdi>}
      />
      <Stack gap="md">
        <Section title={words.folders}>
          <Places choosing={choosing} ticks={ticks} onTick={tick} />
          <AddFolder onAdded={(key) => tick(key, true)} />
        </Section>
        <Junk choosing={choosing} ticks={ticks} onTick={tick} />
        <div className={styles.foot}>
          <Total sum={sum} bytesPerSecond={choosing.bytes_per_second} />
          <Button
            size="md"
            leftSection={<IconPlayerPlay size={18} aria-hidden="true" />}
            disabled={places.length === 0}
            loading={start.isPending}
            onClick={() => start.mutate()}
          >
            {words.start}
          </Button>
        </div>
        {places.length === 0 && <Alert color="yellow">{words.nothing}</Alert>}
        {start.isError && <FailureNotice error={start.error} />}
      </Stack>
    </Narrow>
  );
}
