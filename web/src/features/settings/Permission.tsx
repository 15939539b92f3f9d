/** For an admin: what the owner of a device may change here. */

import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { PARTS, permitSettings, type DeviceSettings, type Part } from "../../api/settings";
import { FailureNotice, Section } from "../../ui/Page";
import { useWords } from "../../words/words";
import styles from "./Settings.module.css";

export function Permission({ settings }: { settings: DeviceSettings }) {
  const words = useWords().settings.permission;
  const queries = useQueryClient();
  const [may, setMay] = useState(settings.person_may);
  const save = useMutation({
    mutationFn: () => permitSettings(settings.device, may),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["settings", settings.device] }),
  });
  const changed = PARTS.some((part) => may.includes(part) !== settings.person_may.includes(part));
  const fromTemplate = settings.template !== null;
  return (
    <Section title={words.title}>
      <div className={styles.fields}>
        <p className={styles.muted}>
          {fromTemplate ? <bdi>{words.byTemplate(settings.template_name)}</bdi> : words.text}
        </p>
        <PartChoice
          value={fromTemplate ? settings.person_may : may}
          disabled={fromTemplate}
          onChange={setMay}
        />
        {save.isError && <FailureNotice error={save.error} />}
        {changed && !fromTemplate && (
          <div>
            <Button loading={save.isPending} onClick={() => save.mutate()}>
              {words.save}
            </Button>
          </div>
        )}
      </div>
    </Section>
  );
}

interface ChoiceProps {
  value: Part[];
  disabled?: boolean;
  onChange: (parts: Part[]) => void;
}

export function PartChoice({ value, disabled = false, onChange }: ChoiceProps) {
  const words = useWords().settings.parts;
  return (
    <div className={styles.choices}>
      {PARTS.map((part) => (
        <Checkbox
          key={part}
          label={words[part]}
          checked={value.includes(part)}
          disabled={disabled}
          onChange={(event) => {
            const isChosen = event.currentTarget.checked;
            onChange(PARTS.filter((one) => (one === part ? isChosen : value.includes(one))));
          }}
        />
      ))}
    </div>
  );
}
