/** One template: which parts it says, what they are, what owners may change, who follows it. */

import { Button, Checkbox, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";

import type { Device } from "../../../api/client";
import {
  assignTemplate,
  PARTS,
  saveTemplate,
  type Part,
  type SettingsTemplate,
  type SourceSettings,
} from "../../../api/settings";
import { FailureNotice, PageHead, Section } from "../../../ui/Page";
import { useWords } from "../../../words/words";
import { NO_CHANGE, partsOf } from "../drafts";
import { Parts } from "../parts/Parts";
import { PartChoice } from "../Permission";
import styles from "../Settings.module.css";

const LONGEST_NAME = 64;
const USUAL: SourceSettings = {
  folders: { roots: [], one_file_system: false },
  exclusions: { patterns: [], defaults: true },
  schedule: {
    every_minutes: 60,
    continuous: false,
    quiet_hours: [],
    on_battery: true,
    battery_percent: 20,
    on_metered: false,
  },
  limits: { upload: null, upload_windows: [], download: null, low_priority: true },
};

interface Props {
  template: SettingsTemplate | null;
  everyone: boolean;
  devices: Device[];
  onDone: () => void;
}

export function TemplateEditor({ template, everyone, devices, onDone }: Props) {
  const words = useWords().settings.templates;
  const queries = useQueryClient();
  const [name, setName] = useState(template?.name ?? "");
  const [says, setSays] = useState<Part[]>(template ? partsOf(template.change) : []);
  const [draft, setDraft] = useState(() => settingsOf(template));
  const [ownersMay, setOwnersMay] = useState<Part[]>(template?.person_may ?? PARTS);
  const [chosen, setChosen] = useState(() => template?.devices.map((one) => one.device) ?? []);
  const save = useMutation({
    mutationFn: async () => {
      const told = Object.fromEntries(says.map((part) => [part, draft[part]]));
      const saved = await saveTemplate(template?.template ?? null, {
        name,
        revision: template?.revision ?? 0,
        change: { ...NO_CHANGE, ...told },
        person_may: ownersMay,
      });
      await assignTemplate(saved.template, chosen);
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["templates"] });
      onDone();
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    save.mutate();
  }

  return (
    <form onSubmit={submit}>
      <PageHead title={template ? words.editTitle(template.name) : words.newTitle} lead={words.lead} />
      <div className={styles.page}>
        <Section>
          <div className={styles.fields}>
            <TextInput
              className={styles.short}
              label={words.name}
              value={name}
              maxLength={LONGEST_NAME}
              required
              autoComplete="off"
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <fieldset className={styles.plain}>
              <legend>{words.says}</legend>
              {PARTS.map((part) => (
                <Switch
                  key={part}
                  label={words.saysPart[part]}
                  checked={says.includes(part)}
                  onChange={(event) => {
                    const isSaid = event.currentTarget.checked;
                    setSays(PARTS.filter((one) => (one === part ? isSaid : says.includes(one))));
                  }}
                />
              ))}
            </fieldset>
          </div>
        </Section>
        <Parts draft={draft} parts={says} may={PARTS} device={null} onChange={setDraft} />
        {everyone && (
          <Section title={words.owners}>
            <PartChoice value={ownersMay} onChange={setOwnersMay} />
          </Section>
        )}
        <Section title={words.devices}>
          <div className={styles.fields}>
            <p className={styles.muted}>{words.devicesText}</p>
            <Followers {...{ devices, everyone, chosen }} onChange={setChosen} />
          </div>
        </Section>
        {save.isError && <FailureNotice error={save.error} />}
        <div className={styles.ends}>
          <Button variant="default" onClick={onDone}>
            {words.cancel}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ""}>
            {words.save}
          </Button>
        </div>
      </div>
    </form>
  );
}

interface FollowersProps {
  devices: Device[];
  everyone: boolean;
  chosen: string[];
  onChange: (devices: string[]) => void;
}

function Followers({ devices, everyone, chosen, onChange }: FollowersProps) {
  const words = useWords().settings.templates;
  if (devices.length === 0) return <p className={styles.none}>{words.noDevices}</p>;
  return (
    <div className={styles.choices}>
      {devices.map(({ device, account, name }) => (
        <Checkbox
          key={device}
          label={<bdi>{everyone ? `${account} / ${name}` : name}</bdi>}
          checked={chosen.includes(device)}
          onChange={(event) =>
            onChange(
              event.currentTarget.checked
                ? [...chosen, device]
                : chosen.filter((one) => one !== device),
            )
          }
        />
      ))}
    </div>
  );
}

/** What the template does not say begins as usual. */
function settingsOf(template: SettingsTemplate | null): SourceSettings {
  const change = template?.change ?? NO_CHANGE;
  return {
    folders: change.folders ?? USUAL.folders,
    exclusions: change.exclusions ?? USUAL.exclusions,
    schedule: change.schedule ?? USUAL.schedule,
    limits: change.limits ?? USUAL.limits,
  };
}
