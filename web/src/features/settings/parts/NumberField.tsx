/** A number with its unit, kept as it was typed until it means something. */

import { NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";

import styles from "../Settings.module.css";

interface Props<Unit extends string> {
  label: string;
  unitLabel: string;
  units: Record<Unit, string>;
  fields: { number: string; unit: Unit };
  placeholder?: string;
  disabled: boolean;
  /** Null: it means nothing, and `wrong` says so. */
  read: (number: string, unit: Unit) => unknown;
  wrong?: string;
  onChange: (number: string, unit: Unit) => void;
}

export function NumberField<Unit extends string>(props: Props<Unit>) {
  const [shown, setShown] = useState(props.fields);
  const isWrong = props.wrong !== undefined && props.read(shown.number, shown.unit) === null;

  function change(number: string, unit: Unit) {
    setShown({ number, unit });
    props.onChange(number, unit);
  }

  return (
    <div className={styles.numbered}>
      <TextInput
        label={props.label}
        inputMode="decimal"
        autoComplete="off"
        value={shown.number}
        placeholder={props.placeholder ?? ""}
        disabled={props.disabled}
        error={isWrong ? props.wrong : null}
        onChange={(event) => change(event.currentTarget.value, shown.unit)}
      />
      <NativeSelect
        aria-label={`${props.label}: ${props.unitLabel}`}
        data={Object.entries<string>(props.units).map(([value, label]) => ({ value, label }))}
        value={shown.unit}
        disabled={props.disabled}
        onChange={(event) => change(shown.number, event.currentTarget.value as Unit)}
      />
    </div>
  );
}
