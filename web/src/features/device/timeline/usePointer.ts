/** What a pointer does on the chart: passing over tells, pressing and dragging chooses. */

import { useState, type PointerEvent } from "react";

interface Handlers {
  onPress: (x: number) => void;
  onDrag: (x: number) => void;
}

type Pointing = PointerEvent<HTMLElement>;

const xOf = (event: Pointing) => event.clientX - event.currentTarget.getBoundingClientRect().left;
const isTouch = (event: Pointing) => event.pointerType === "touch";

export function usePointer({ onPress, onDrag }: Handlers) {
  const [hover, setHover] = useState<number | null>(null);
  const [dragging, setDragging] = useState(false);
  return {
    hover: dragging ? null : hover,
    handlers: {
      onPointerDown: (event: Pointing) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragging(true);
        // A finger may be about to scroll the page: it chooses when it moves sideways or lifts.
        if (!isTouch(event)) onPress(xOf(event));
      },
      onPointerMove: (event: Pointing) => {
        if (dragging) onDrag(xOf(event));
        else if (!isTouch(event)) setHover(xOf(event));
      },
      onPointerUp: (event: Pointing) => {
        setDragging(false);
        if (dragging && isTouch(event)) onPress(xOf(event));
      },
      onPointerCancel: () => setDragging(false),
      onPointerLeave: () => setHover(null),
    },
  };
}
