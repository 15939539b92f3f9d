/** How much time is shown, and the way to earlier and later. */

import { ActionIcon } from "@mantine/core";
import { IconChevronsLeft, IconChevronsRight } from "@tabler/icons-react";

import { useWords } from "../../../words/words";
import styles from "./Timeline.module.css";
import type { Zoom } from "./window";

interface Props {
  zooms: Zoom[];
  zoom: Zoom;
  onZoom: (zoom: Zoom) => void;
  onTurn: (by: number) => void;
}

export function ZoomChoice({ zooms, zoom, onZoom, onTurn }: Props) {
  const words = useWords().travel;
  if (zooms.length < 2) return null;
  return (
    <div className={styles.zoom}>
      {zoom !== "all" && (
        <ActionIcon variant="subtle" color="gray" aria-label={words.earlier} onClick={() => onTurn(-1)}>
          <IconChevronsLeft size={18} />
        </ActionIcon>
      )}
      <div role="group" aria-label={words.zoom} className={styles.choices}>
        {zooms.map((one) => (
          <button key={one} type="button" aria-pressed={one === zoom} onClick={() => onZoom(one)}>
            {words.zooms[one]}
          </button>
        ))}
      </div>
      {zoom !== "all" && (
        <ActionIcon variant="subtle" color="gray" aria-label={words.later} onClick={() => onTurn(1)}>
          <IconChevronsRight size={18} />
        </ActionIcon>
      )}
    </div>
  );
}
