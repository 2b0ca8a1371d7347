// Leaving: blanks the screen in the same frame, wipes the document, lets the server drop the talk, and
// replaces this page in the browser's session, so that Back does not come here. Nothing is stored, ever.

const PRESSES = 3;
const WITHIN_MS = 5000;

/** Empties the document: what was written and read is gone before anything else happens. */
export function wipe() {
  document.documentElement.hidden = true;
  for (const box of document.querySelectorAll("textarea, input")) box.value = "";
  document.body.replaceChildren();
  document.title = "";
}

/** Leaves for good. `forget` tells the server and is never waited for. */
export function leave(target, forget) {
  wipe();
  try {
    forget();
  } catch {
    // The server may be gone; leaving goes on.
  }
  location.replace(target);
}

/** Wires the leave control, Shift three times, and the ways a page comes and goes. */
export function guardExit({ control, target, forget, spoken, words }) {
  const go = () => leave(target, forget);
  control.addEventListener("click", (event) => {
    event.preventDefault();
    go();
  });
  let times = [];
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Shift" || event.repeat) {
      if (event.key !== "Shift") times = [];
      return;
    }
    const now = Date.now();
    times = [...times.filter((time) => now - time < WITHIN_MS), now];
    if (times.length === PRESSES) go();
    else if (times.length === PRESSES - 1) spoken.textContent = words().leaving_spoken;
  });
  // The back/forward cache keeps a page as it was, whatever the headers say: wipe it on the way out,
  // and when it is shown again, leave again.
  addEventListener("pagehide", () => {
    wipe();
    forget();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.replace(target);
  });
}
