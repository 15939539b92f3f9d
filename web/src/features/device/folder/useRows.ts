/** Which rows of a long list are drawn: those in sight, and the one that has the keyboard. */

import { useMediaQuery } from "@mantine/hooks";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";

const HEAD_HEIGHT = 40;
const ROW_HEIGHT = 44;
const CARD_HEIGHT = 58;

export function useRows(count: number, active: number, look: (first: number, last: number) => void) {
  const scroll = useRef<HTMLDivElement>(null);
  const rowHeight = useMediaQuery("(max-width: 40em)") ? CARD_HEIGHT : ROW_HEIGHT;
  const virtual = useVirtualizer({
    count,
    estimateSize: () => rowHeight,
    getScrollElement: () => scroll.current,
    overscan: 12,
    scrollPaddingStart: HEAD_HEIGHT,
    rangeExtractor: (range) => {
      const rows = defaultRangeExtractor(range);
      return rows.includes(active) ? rows : [...rows, active].toSorted((one, other) => one - other);
    },
  });
  useEffect(() => virtual.measure(), [virtual, rowHeight]);
  const { startIndex = 0, endIndex = 0 } = virtual.range ?? {};
  useEffect(() => look(startIndex, endIndex), [look, startIndex, endIndex]);
  return {
    scroll,
    rows: count === 0 ? [] : virtual.getVirtualItems(),
    height: virtual.getTotalSize(),
    page: Math.max(endIndex - startIndex - 1, 1),
    scrollTo: virtual.scrollToIndex,
  };
}
