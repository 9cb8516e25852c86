// The worklist by keyboard: j and k move, Enter opens, / searches. Links and forms do the same without scripts.
const rows = [...document.querySelectorAll("[data-worklist] tbody tr")];
const search = document.querySelector("[data-search]");
let at = -1;

function go(to) {
  if (rows.length === 0) return;
  rows[at]?.classList.remove("is-here");
  at = Math.max(0, Math.min(rows.length - 1, to));
  rows[at].classList.add("is-here");
  rows[at].querySelector("a").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (event.key === "j") go(at + 1);
  else if (event.key === "k") go(at - 1);
  else if (event.key === "/") search?.focus();
  else return;
  event.preventDefault();
});
for (const row of rows) row.addEventListener("focusin", () => {
  rows[at]?.classList.remove("is-here");
  at = rows.indexOf(row);
  row.classList.add("is-here");
});
for (const select of document.querySelectorAll("[data-filter] select")) select.addEventListener("change", () => select.form.requestSubmit());
