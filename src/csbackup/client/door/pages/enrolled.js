// Bring what the server's page made to this machine, and go on to its own pages.

const bundle = location.hash.slice(1);
history.replaceState(null, "", location.pathname); // no history keeps it

function show(id) {
  for (const section of document.querySelectorAll("section")) section.hidden = section.id !== id;
}

async function bring() {
  show("bringing");
  const answer = await fetch("/enrolled", {
    method: "POST",
    headers: { "Content-Type": "text/plain", "X-CSB-Door": localStorage.getItem("csb-door") ?? "" },
    body: bundle,
  });
  if (answer.ok) {
    location.replace("/#/choosing");
    return;
  }
  const { code } = await answer.json();
  document.querySelector("#refused code:not(.command)").textContent = code;
  show(code === "enrolment-used" ? "used" : "refused");
}

bring().catch(() => show("away"));
