/** Which stretch of time the timeline shows: it follows the moment, and goes where it is sent. */

import { useMemo, useState } from "react";

import type { SnapshotInfo } from "../../../api/client";
import { useNow } from "../../../ui/When";
import {
  showing,
  turned,
  usefulZooms,
  wholeWindow,
  windowAround,
  within,
  type Window,
  type Zoom,
} from "./window";

const MINUTE = 60_000;

export function useView(moments: SnapshotInfo[], at: number) {
  const minute = Math.floor(useNow().getTime() / MINUTE);
  const first = moments[0]!.received;
  const last = moments.at(-1)!.received;
  const now = Math.max(minute * MINUTE * 1e6, last);
  const known = useMemo(() => ({ first, now }), [first, now]);
  const whole = useMemo(() => wholeWindow(known), [known]);
  const [zoom, setZoom] = useState<Zoom>("all");
  const [sent, setSent] = useState<Window | null>(null);
  const [followed, setFollowed] = useState(at);

  if (followed !== at) {
    setFollowed(at);
    if (sent) setSent(showing(sent, at, known));
  }
  return {
    now,
    whole,
    zoom,
    zooms: useMemo(() => usefulZooms(known), [known]),
    window: zoom === "all" || sent === null ? whole : sent,
    choose: (next: Zoom) => {
      setZoom(next);
      setSent(next === "all" ? null : windowAround(at, next, known));
    },
    move: (window: Window) => setSent(within(window, known)),
    turn: (by: number) => setSent((window) => window && turned(window, by, known)),
  };
}
