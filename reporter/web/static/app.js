// What every page does when scripts run. Without them every page still works; nothing here is the only way to do a thing.
import { ErrorSummary, PasswordInput, SkipLink, createAll } from "./vendor/nhsuk.js";

document.documentElement.classList.add("js");
document.body.classList.add("nhsuk-frontend-supported", "js-enabled");
for (const component of [ErrorSummary, PasswordInput, SkipLink]) createAll(component);

// What sticks under the banner has to know how tall it is: a long question or several targets take more lines.
const banner = document.querySelector(".banner");
if (banner) new ResizeObserver(() => {
  document.documentElement.style.setProperty("--banner", `${banner.offsetHeight}px`);
}).observe(banner);

// An explanation that is open closes with Escape, or when something else is opened.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const open of document.querySelectorAll("details.how[open]")) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.how[open]")) if (!open.contains(event.target)) open.open = false;
});

// Two clicks on "Sign and send" are one.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.once === undefined || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
