/** When nobody has touched the page for a while. */

const MINUTE = 60_000;
export const IDLE_MINUTES = 10;
const LOOK_EVERY = 10_000;
const INPUTS = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"] as const;

/** The time since the last touch. Work that goes on counts as a touch. */
export class Idleness {
  private last: number;

  constructor(now: number) {
    this.last = now;
  }

  isOver(now: number): boolean {
    return now - this.last >= IDLE_MINUTES * MINUTE;
  }

  touch(now: number): void {
    this.last = now;
  }
}

/** Call `onIdle` once nobody touched anything for `IDLE_MINUTES`; the answer stops watching. */
export function watchIdleness(isBusy: () => boolean, onIdle: () => void): () => void {
  const idleness = new Idleness(Date.now());
  const look = () => {
    if (isBusy()) idleness.touch(Date.now());
    else if (idleness.isOver(Date.now())) onIdle();
  };
  // A machine that wakes up may see the mouse before the timer: the time is looked at first.
  const touched = () => {
    look();
    idleness.touch(Date.now());
  };
  const timer = setInterval(look, LOOK_EVERY);
  const options = { passive: true, capture: true };
  for (const input of INPUTS) addEventListener(input, touched, options);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(timer);
    for (const input of INPUTS) removeEventListener(input, touched, options);
    document.removeEventListener("visibilitychange", look);
  };
}
