/** What is left out. */

import { Button, Switch } from "@mantine/core";
import { IconFilterOff, IconPlus } from "@tabler/icons-react";

import type { LeftOut } from "../../../api/settings";
import { useWords } from "../../../words/words";
import styles from "../Settings.module.css";
import type { PartProps } from "./Part";
import { AddRow, Rows } from "./Rows";

const PRESETS = {
  downloads: ["Downloads/"],
  discs: ["*.iso", "*.img"],
  machines: ["*.vmdk", "*.qcow2", "*.vdi"],
  builds: ["node_modules/", "target/", "__pycache__/"],
  films: ["*.mkv", "*.mp4", "*.mov"],
} as const;

export function ExclusionsPart({ value, onChange, disabled }: PartProps<LeftOut>) {
  const words = useWords().settings.exclusions;

  function add(...patterns: readonly string[]) {
    const fresh = patterns.filter((one) => !value.patterns.includes(one));
    onChange({ ...value, patterns: [...value.patterns, ...fresh] });
  }

  return (
    <>
      <Rows
        label={words.title}
        texts={value.patterns}
        none={words.none}
        disabled={disabled}
        icon={<IconFilterOff size={18} aria-hidden="true" />}
        removeLabel={words.remove}
        onRemove={(at) =>
          onChange({ ...value, patterns: value.patterns.filter((_, one) => one !== at) })
        }
      />
      {!disabled && (
        <>
          <AddRow
            label={words.add}
            hint={words.addHint}
            submit={words.addSubmit}
            trouble={(text) => (value.patterns.includes(text.trim()) ? words.there : null)}
            onAdd={(text) => add(text.trim())}
          />
          <Presets known={value.patterns} onAdd={add} />
        </>
      )}
      <Switch
        label={words.defaults}
        description={words.defaultsText}
        checked={value.defaults}
        disabled={disabled}
        onChange={(event) => onChange({ ...value, defaults: event.currentTarget.checked })}
      />
    </>
  );
}

interface PresetsProps {
  known: string[];
  onAdd: (...patterns: readonly string[]) => void;
}

function Presets({ known, onAdd }: PresetsProps) {
  const words = useWords().settings.exclusions;
  const names = Object.keys(PRESETS) as (keyof typeof PRESETS)[];
  const left = names.filter((name) => PRESETS[name].some((one) => !known.includes(one)));
  if (left.length === 0) return null;
  return (
    <div className={styles.presets} role="group" aria-label={words.presets}>
      <span>{words.presets}</span>
      {left.map((name) => (
        <Button
          key={name}
          variant="default"
          size="compact-sm"
          leftSection={<IconPlus size={14} />}
          title={PRESETS[name].join(", ")}
          onClick={() => onAdd(...PRESETS[name])}
        >
          {words.preset[name]}
        </Button>
      ))}
    </div>
  );
}
