// Bring the token of the address to the door, keep what it gives, and go on to the pages.

const [token, ...places] = location.hash.slice(1).split("/");
history.replaceState(null, "", location.pathname); // it is void after this; no history keeps it

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
}

async function enter() {
  show("opening");
  const answer = await fetch("/enter", {
    method: "POST",
    headers: { "Content-Type": "text/plain" },
    body: token,
  });
  if (!answer.ok) {
    show("used");
    return;
  }
  const { key, next } = await answer.json();
  localStorage.setItem("csb-door", key);
  location.replace(next ?? `/#/${places.join("/")}`);
}

enter().catch(() => show("away"));
