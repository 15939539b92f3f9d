/** Which version, to whom first, and what comes then; says before what will happen. */

import { Button, Checkbox, Group, Modal, NativeSelect, Radio, Stack } from "@mantine/core";
import { useState } from "react";

import type { ReleaseOverview } from "../../api/client";
import { FailureNotice } from "../../ui/Page";
import { useWords } from "../../words/words";
import styles from "./Releases.module.css";
import { useSetRollout } from "./setting";

const HOURS = [24, 72];

interface Props {
  overview: ReleaseOverview;
  close: () => void;
}

export function GiveToFirst({ overview, close }: Props) {
  const words = useWords().releases;
  const usable = overview.releases.filter((one) => !one.problem);
  const { rollout } = overview;
  const known = usable.some((one) => one.version === rollout.version);
  const [version, setVersion] = useState((known && rollout.version) || usable[0]?.version || "");
  const [first, setFirst] = useState<string[]>([...(rollout.first ?? [])]);
  const [hours, setHours] = useState(String(rollout.automatic_hours ?? ""));
  const change = useSetRollout(close);
  const targets = usable.find((one) => one.version === version)?.targets ?? [];
  const candidates = overview.devices.filter(
    (one) =>
      one.standing !== "gone" &&
      one.update?.state !== "off" &&
      one.version !== version &&
      targets.includes(one.target),
  );
  const chosen = candidates.filter((one) => first.includes(one.device)).map((one) => one.device);
  return (
    <Modal
      opened
      onClose={close}
      title={words.formTitle}
      closeButtonProps={{ "aria-label": words.cancel }}
    >
      <Stack gap="lg">
        <NativeSelect
          label={words.which}
          value={version}
          onChange={(event) => setVersion(event.currentTarget.value)}
          data={usable.map((one, at) => ({
            value: one.version,
            label: at === 0 ? `${one.version} (${words.newest})` : one.version,
          }))}
        />
        <Checkbox.Group
          label={words.first}
          description={words.firstText}
          value={chosen}
          onChange={setFirst}
        >
          <Stack gap="xs" mt="xs" className={styles.choices}>
            {candidates.length === 0 && <p className={styles.nobody}>{words.noCandidates}</p>}
            {candidates.map((one) => (
              <Checkbox
                key={one.device}
                value={one.device}
                label={<bdi>{one.name}</bdi>}
                description={
                  <>
                    <bdi>{one.account}</bdi>, <bdi>{one.version || words.noVersion}</bdi>
                  </>
                }
              />
            ))}
          </Stack>
        </Checkbox.Group>
        <Radio.Group label={words.afterwards} value={hours} onChange={setHours}>
          <Stack gap="xs" mt="xs">
            <Radio value="" label={words.thenByHand} />
            {HOURS.map((one) => (
              <Radio key={one} value={String(one)} label={words.thenAfter(one)} />
            ))}
          </Stack>
        </Radio.Group>
        {chosen.length > 0 && (
          <div className={styles.will}>
            <p>{words.firstWill(version, chosen.length)}</p>
            <p>{words.how}</p>
          </div>
        )}
        {change.isError && <FailureNotice error={change.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {words.cancel}
          </Button>
          <Button
            disabled={chosen.length === 0}
            loading={change.isPending}
            onClick={() =>
              change.mutate({
                version,
                stage: "first",
                first: chosen,
                automatic_hours: hours ? Number(hours) : null,
              })
            }
          >
            {words.firstConfirm(chosen.length)}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
