/** How much of the link and of the machine a backup may take, and when. */

import { Button, Chip, Fieldset, Switch, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import type { Limits, RateWindow, Window } from "../../../api/settings";
import { formatterOf } from "../../../lib/times";
import { useSpeaking, useWords } from "../../../words/words";
import { rateFields, rateOf } from "../drafts";
import { clock, minuteOf } from "../hours";
import styles from "../Settings.module.css";
import { NumberField } from "./NumberField";
import type { PartProps } from "./Part";

const WORKDAYS = [0, 1, 2, 3, 4];
const NEW: RateWindow = {
  window: { begin: 8 * 60, end: 18 * 60, days: WORKDAYS },
  bytes_per_second: 1_000_000,
};
const MOST_WINDOWS = 50;

export function LimitsPart({ value, onChange, disabled }: PartProps<Limits>) {
  const words = useWords().settings.limits;

  function set(changes: Partial<Limits>) {
    onChange({ ...value, ...changes });
  }

  return (
    <>
      <Rate
        label={words.upload}
        value={value.upload}
        disabled={disabled}
        onChange={(upload) => set({ upload })}
      />
      <Windows
        value={value.upload_windows}
        disabled={disabled}
        onChange={(upload_windows) => set({ upload_windows })}
      />
      <Rate
        label={words.download}
        value={value.download}
        disabled={disabled}
        onChange={(download) => set({ download })}
      />
      <Switch
        label={words.lowPriority}
        description={words.lowPriorityText}
        checked={value.low_priority}
        disabled={disabled}
        onChange={(event) => set({ low_priority: event.currentTarget.checked })}
      />
    </>
  );
}

function Rate({ label, value, disabled, onChange }: PartProps<number | null> & { label: string }) {
  const words = useWords().settings.limits;
  return (
    <NumberField
      label={label}
      unitLabel={words.unitLabel}
      units={words.unit}
      fields={rateFields(value)}
      placeholder={words.none}
      disabled={disabled}
      read={rateOf}
      onChange={(number, unit) => onChange(rateOf(number, unit))}
    />
  );
}

function Windows({ value, disabled, onChange }: PartProps<RateWindow[]>) {
  const words = useWords().settings.limits;
  const [names, setNames] = useState(() => value.map((_, at) => at)); // they have none of their own
  if (disabled && value.length === 0) return null;

  function replace(at: number, one: RateWindow) {
    onChange(value.map((other, number) => (number === at ? one : other)));
  }

  function remove(at: number) {
    setNames(names.filter((_, number) => number !== at));
    onChange(value.filter((_, number) => number !== at));
  }

  function add() {
    setNames([...names, Math.max(-1, ...names) + 1]);
    onChange([...value, NEW]);
  }

  return (
    <div className={styles.windows}>
      <h3>{words.windows}</h3>
      <p>{words.windowsText}</p>
      {value.map((one, at) => (
        <Fieldset
          key={names[at]}
          legend={words.window(at + 1)}
          disabled={disabled}
          className={styles.window}
        >
          <TimeOfDay value={one} disabled={disabled} onChange={(next) => replace(at, next)} />
          {!disabled && (
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              leftSection={<IconTrash size={15} />}
              onClick={() => remove(at)}
            >
              {words.removeWindow(at + 1)}
            </Button>
          )}
        </Fieldset>
      ))}
      {!disabled && value.length < MOST_WINDOWS && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconPlus size={15} />}
          onClick={add}
        >
          {words.addWindow}
        </Button>
      )}
    </div>
  );
}

function TimeOfDay({ value, disabled, onChange }: PartProps<RateWindow>) {
  const words = useWords().settings.limits;
  const { locale } = useSpeaking();
  const { window } = value;

  function set(changes: Partial<Window>) {
    onChange({ ...value, window: { ...window, ...changes } });
  }

  return (
    <>
      <div className={styles.times}>
        <TextInput
          type="time"
          label={words.from}
          value={clock(window.begin)}
          onChange={(event) => {
            const begin = minuteOf(event.currentTarget.value);
            if (begin !== null) set({ begin });
          }}
        />
        <TextInput
          type="time"
          label={words.to}
          value={clock(window.end)}
          onChange={(event) => {
            const end = minuteOf(event.currentTarget.value, true);
            if (end !== null) set({ end });
          }}
        />
        <Rate
          label={words.speed}
          value={value.bytes_per_second}
          disabled={disabled}
          onChange={(bytes_per_second) => onChange({ ...value, bytes_per_second })}
        />
      </div>
      <div role="group" aria-label={words.days}>
        <Chip.Group
          multiple
          value={window.days.map(String)}
          onChange={(days) => {
            if (days.length > 0) set({ days: days.map(Number).toSorted() });
          }}
        >
          <div className={styles.chips}>
            {Array.from({ length: 7 }, (_, day) => (
              <Chip key={day} value={String(day)} size="xs" disabled={disabled}>
                {weekday(day, locale)}
              </Chip>
            ))}
          </div>
        </Chip.Group>
      </div>
    </>
  );
}

function weekday(day: number, locale: string): string {
  const date = new Date(Date.UTC(2024, 0, 1 + day));
  return formatterOf(locale, { weekday: "short", timeZone: "UTC" }).format(date);
}
