/** Look for a name in all of a device's history. It asks a little after the last key. */

import { CloseButton, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useState } from "react";

import { useWords } from "../../../words/words";

const PAUSE_MS = 250;

interface Props {
  search: string;
  onSearch: (name: string) => void;
}

export function SearchField({ search, onSearch }: Props) {
  const words = useWords().search;
  const [typed, setTyped] = useState(search);
  const [known, setKnown] = useState(search);
  if (known !== search) {
    setKnown(search);
    if (search !== typed.trim()) setTyped(search);
  }

  useEffect(() => {
    const wanted = typed.trim();
    if (wanted === search) return undefined;
    const timer = setTimeout(() => onSearch(wanted), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, search, onSearch]);

  return (
    <TextInput
      type="search"
      role="searchbox"
      aria-label={words.label}
      placeholder={words.label}
      title={words.hint}
      maxLength={255}
      leftSection={<IconSearch size={16} />}
      rightSection={
        typed !== "" && <CloseButton size="sm" aria-label={words.clear} onClick={() => setTyped("")} />
      }
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Escape") setTyped("");
        if (event.key === "Enter") onSearch(typed.trim());
      }}
    />
  );
}
