/** When backups run. */

import { Switch, TextInput } from "@mantine/core";
import { useState } from "react";

import type { Schedule } from "../../../api/settings";
import { useWords } from "../../../words/words";
import { everyFields, everyOf } from "../drafts";
import styles from "../Settings.module.css";
import { NumberField } from "./NumberField";
import type { PartProps } from "./Part";
import { QuietHours } from "./QuietHours";

export function SchedulePart({ value, onChange, disabled }: PartProps<Schedule>) {
  const words = useWords().settings.schedule;

  function set(changes: Partial<Schedule>) {
    onChange({ ...value, ...changes });
  }

  return (
    <>
      <NumberField
        label={words.every}
        unitLabel={words.unitLabel}
        units={words.unit}
        fields={everyFields(value.every_minutes)}
        disabled={disabled}
        read={everyOf}
        wrong={words.everyWrong}
        onChange={(number, unit) => {
          const every_minutes = everyOf(number, unit);
          if (every_minutes !== null) set({ every_minutes });
        }}
      />
      <Switch
        label={words.continuous}
        description={words.continuousText}
        checked={value.continuous}
        disabled={disabled}
        onChange={(event) => set({ continuous: event.currentTarget.checked })}
      />
      <QuietHours
        value={value.quiet_hours}
        disabled={disabled}
        onChange={(quiet_hours) => set({ quiet_hours })}
      />
      <Switch
        label={words.onBattery}
        checked={value.on_battery}
        disabled={disabled}
        onChange={(event) => set({ on_battery: event.currentTarget.checked })}
      />
      {value.on_battery && (
        <Percent
          value={value.battery_percent}
          disabled={disabled}
          onChange={(battery_percent) => set({ battery_percent })}
        />
      )}
      <Switch
        label={words.onMetered}
        description={words.onMeteredText}
        checked={value.on_metered}
        disabled={disabled}
        onChange={(event) => set({ on_metered: event.currentTarget.checked })}
      />
    </>
  );
}

function Percent({ value, disabled, onChange }: PartProps<number>) {
  const words = useWords().settings.schedule;
  const [text, setText] = useState(String(value));
  const isRight = /^\d{1,2}$/.test(text.trim());
  return (
    <TextInput
      className={styles.short}
      label={words.batteryPercent}
      inputMode="numeric"
      autoComplete="off"
      value={text}
      disabled={disabled}
      error={isRight ? null : words.batteryWrong}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        if (/^\d{1,2}$/.test(typed.trim())) onChange(Number(typed));
      }}
    />
  );
}
