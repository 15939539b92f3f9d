/** Parts of the app are fetched when they are wanted, and may not come: the server was updated since, or was away. */

const PLACE = "csb-reloaded";
const AT_MOST_EVERY_MS = 10_000;

/** Load the page anew when a part of it did not come; not again and again. */
export function reloadWhenPartsAreLacking(): void {
  addEventListener("vite:preloadError", (event) => {
    if (Date.now() - Number(sessionStorage.getItem(PLACE)) < AT_MOST_EVERY_MS) return;
    sessionStorage.setItem(PLACE, String(Date.now()));
    event.preventDefault(); // it is not thrown: the page is about to go
    location.reload();
  });
}
