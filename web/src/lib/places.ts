/** Where a person wanted to go before they had to sign in, carried along in the address. */

/** Only ever within the app. */
export function nextPlace(search: URLSearchParams): string {
  const next = search.get("next") ?? "/";
  return next.startsWith("/") && !/^\/(sign-in|register)/.test(next) ? next : "/";
}

/** A place from which one comes back to `next`, if there is one. */
export function comingBack(place: string, next: string | null): string {
  return next === null ? place : `${place}?next=${encodeURIComponent(next)}`;
}
