/** What the keys do in a list of files. */

export type Doing =
  | { kind: "move"; to: number; extend: boolean }
  | { kind: "tick" }
  | { kind: "tick-all" }
  | { kind: "clear" }
  | { kind: "open" }
  | { kind: "up" }
  | { kind: "type"; letter: string };

export interface Pressed {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** `rows`: how many there are; `page`: how many fit in sight. Null: a key of no meaning here. */
export function doing(event: Pressed, active: number, rows: number, page: number): Doing | null {
  const { key } = event;
  if (event.altKey) return key === "ArrowUp" ? { kind: "up" } : null;
  if (event.ctrlKey || event.metaKey) return key === "a" ? { kind: "tick-all" } : null;
  const to = target(key, active, rows, page);
  if (to !== null) return { kind: "move", to, extend: event.shiftKey };
  if (key === "Enter") return { kind: "open" };
  if (key === "Backspace") return { kind: "up" };
  if (key === " ") return { kind: "tick" };
  if (key === "Escape") return { kind: "clear" };
  return key.length === 1 ? { kind: "type", letter: key } : null;
}

function target(key: string, active: number, rows: number, page: number): number | null {
  const moves: Record<string, number> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + page,
    PageUp: active - page,
    Home: 0,
    End: rows - 1,
  };
  const wanted = moves[key];
  return wanted === undefined ? null : Math.min(Math.max(wanted, 0), rows - 1);
}

/** The next row whose name begins as typed, from `active` on and round again; -1 if none does. */
export function typedRow(names: (string | undefined)[], typed: string, active: number): number {
  const wanted = typed.toLocaleLowerCase();
  const from = typed.length === 1 ? active + 1 : active;
  for (let step = 0; step < names.length; step += 1) {
    const row = (from + step) % names.length;
    if (names[row]?.toLocaleLowerCase().startsWith(wanted)) return row;
  }
  return -1;
}
