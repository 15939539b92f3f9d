/** A choice that follows the hand at once, and counts a little later: scrubbing asks the server less. */

import { useEffect, useRef, useState } from "react";

const SETTLED_MS = 150;

export interface Draft {
  index: number;
  move: (index: number) => void;
}

export function useDraft(chosen: number, onChoose: (index: number) => void): Draft {
  const [draft, setDraft] = useState<number | null>(null);
  const [known, setKnown] = useState(chosen);
  const choose = useRef(onChoose);
  useEffect(() => {
    choose.current = onChoose;
  });
  if (known !== chosen) {
    setKnown(chosen);
    setDraft(null);
  }

  useEffect(() => {
    if (draft === null) return undefined;
    const timer = setTimeout(() => choose.current(draft), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [draft]);

  return { index: draft ?? chosen, move: setDraft };
}
