// The draft saves itself a moment after the last change; the server answers with everything that follows from it.
// Nothing typed is ever overwritten by an answer, and nothing is thrown away when a save fails.

const PAUSE = 700; // ms after the last change
const AGAIN = 5000; // ms before another try when the network is away

const form = document.querySelector("form[data-draft]");
const status = document.querySelector("[data-saved]");
let timer = null;
let saving = false;
let changed = false;
let stopped = false;

function say(words, bad = false) {
  status.textContent = words;
  status.classList.toggle("saved--bad", bad);
}

function later(ms = PAUSE) {
  changed = true;
  clearTimeout(timer);
  if (!stopped) timer = setTimeout(save, ms);
}

async function save() {
  if (saving || stopped || !changed) return;
  saving = true;
  changed = false;
  say("Saving …");
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" },
      credentials: "same-origin", redirect: "error" });
    const told = await answer.json();
    if (answer.ok) show(told);
    else if (answer.status === 403 && (await renewed())) later(0);
    else refuse(answer.status, told);
  } catch {
    say("Not saved yet: the server can't be reached. Your text is still here; trying again.", true);
    later(AGAIN);
  } finally {
    saving = false;
    if (changed && !stopped) later();
  }
}

// After signing in again in another tab this page's token is an old one. A new one is taken only for the same person:
// what one has typed is never saved in the name of another.
async function renewed() {
  const answer = await fetch(form.dataset.token, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) return false;
  const { who, token } = await answer.json();
  if (who !== form.dataset.who || token === form.elements.csrf_token.value) return false;
  for (const one of document.querySelectorAll("input[name=csrf_token]")) one.value = token;
  return true;
}

function put(element, html) {
  if (!element || element.innerHTML === html) return false;
  const open = element.querySelector("details[open]") !== null;
  if (open && element.contains(document.activeElement)) return false;
  element.innerHTML = html;
  return true;
}

function show(told) {
  form.elements.seen.value = told.number;
  for (const [id, html] of Object.entries(told.after)) {
    const field = document.getElementById(`field-${id}`);
    const place = document.getElementById(`after-${id}`);
    if (put(place, html) && place.textContent.trim() && !field.contains(document.activeElement)) {
      field.classList.remove("flash");
      requestAnimationFrame(() => field.classList.add("flash"));
    }
  }
  for (const [id, asked] of Object.entries(told.asked)) {
    const field = document.getElementById(`field-${id}`);
    if (field && field.hidden === asked) field.hidden = !asked;
  }
  for (const id of Object.keys(told.asked)) {
    const field = document.getElementById(`field-${id}`);
    const wrong = told.errors.includes(id);
    field?.classList.toggle("is-error", wrong);
    const control = document.getElementById(`f-${id}`);
    if (wrong) { control?.setAttribute("aria-invalid", "true"); control?.setAttribute("aria-describedby", `e-${id}`); }
    else { control?.removeAttribute("aria-invalid"); control?.removeAttribute("aria-describedby"); }
  }
  for (const [id, words] of Object.entries(told.maps)) {
    const place = document.getElementById(`${id}-words`);
    if (place) place.textContent = words;
  }
  for (const [id, html] of Object.entries(told.pictures)) put(document.querySelector(`#field-${id} [data-picture]`), html);
  put(document.getElementById("rail-list"), told.rail);
  put(document.getElementById("todo"), told.todo);
  put(document.getElementById("living"), told.living);
  here();
  say(`Saved ${told.saved_at}`);
}

function refuse(code, told) {
  const words = [told.title, ...(told.reasons ?? [])].filter(Boolean).join(" – ");
  if (code === 409) {
    stopped = true;
    say("Not saved: somebody else changed this report.", true);
    const box = document.getElementById("conflict");
    box.hidden = false;
    box.querySelector("[data-why]").textContent = (told.reasons ?? []).join(" ");
    put(box.querySelector("[data-differences]"), told.differences ?? "");
    box.focus();
  } else if (code === 401 || code >= 500) {
    say(`Not saved yet: ${words}`, true);
    later(AGAIN * 2);
  } else {
    say(`Not saved: ${words}`, true);
  }
}

// Some ticks of the form stand outside it, in the rail.
document.addEventListener("input", (event) => { if (event.target.form === form) later(); });
document.addEventListener("change", (event) => { if (event.target.form === form) later(150); });
// A button posts the whole form. A save that is under way is waited for: its number has to be the one we have seen.
form.addEventListener("submit", async (event) => {
  stopped = true;
  clearTimeout(timer);
  if (!saving) return;
  event.preventDefault();
  while (saving) await new Promise((done) => setTimeout(done, 30));
  form.requestSubmit(event.submitter);
});
document.addEventListener("visibilitychange", () => { if (document.hidden) save(); });
window.addEventListener("beforeunload", (event) => {
  if (changed && !stopped) { save(); event.preventDefault(); }
});

// Enter in a number goes to the next box, as in a table; it never submits half a form.
form.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.target.tagName !== "INPUT" || !["text", ""].includes(event.target.type)) return;
  event.preventDefault();
  const boxes = [...form.querySelectorAll(".box")].filter((box) => box.offsetParent !== null && !box.disabled);
  boxes[boxes.indexOf(event.target) + 1]?.focus();
});

// Where one is: the rail follows the reading.
const parts = [...document.querySelectorAll("section.part")];
function here() {
  const top = parts.filter((part) => part.getBoundingClientRect().top < 180).at(-1) ?? parts[0];
  for (const link of document.querySelectorAll(".rail a[href^='#s-']")) {
    const now = link.hash === `#${top.id}`;
    link.classList.toggle("is-here", now);
    if (now) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
  }
}
document.addEventListener("scroll", () => requestAnimationFrame(here), { passive: true });
here();

// A link to a question that stands in a hidden or closed place opens it, and puts the cursor into it.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#field-']");
  if (!link) return;
  const field = document.querySelector(link.hash);
  const control = field?.querySelector("input:not([type=hidden]), select, textarea, button");
  if (control) setTimeout(() => control.focus({ preventScroll: true }));
});
