// The bull's-eye that is painted: the map and the list of selects under it are two views of the same answers.
// The selects are what is posted; the map only sets them and shows them.

const RINGS = ["basal", "mid", "apical", "apex"];

class BullsEye {
  constructor(root) {
    this.root = root;
    this.key = root.dataset.bullseye;
    this.svg = root.querySelector("svg[data-eye]");
    this.segments = [...root.querySelectorAll("svg[data-eye] > g.seg")];
    this.labels = [...root.querySelectorAll("svg[data-eye] g.label")];
    this.paints = [...root.querySelectorAll("button.paint")];
    this.words = root.querySelector("[data-words]");
    if (this.paints.length === 0) return; // computed, or locked: it is only looked at
    this.chosen = this.paints[0];
    this.svg.setAttribute("role", "group");
    this.svg.setAttribute("aria-label", `${this.title()}: the map`);
    this.svg.setAttribute("aria-describedby", `${this.key}-keys`);
    this.segments.forEach((segment, index) => {
      segment.setAttribute("role", "button");
      segment.setAttribute("tabindex", index === 0 ? "0" : "-1");
      this.show(segment, this.paint(this.select(segment).value));
    });
    this.svg.addEventListener("click", (event) => this.clicked(event));
    this.svg.addEventListener("keydown", (event) => this.pressed(event));
    for (const paint of this.paints) paint.addEventListener("click", () => this.choose(paint));
    for (const button of root.querySelectorAll("[data-ring-of]"))
      button.addEventListener("click", () => this.paintAll((s) => s.dataset.ring === button.dataset.ringOf));
    for (const button of root.querySelectorAll("[data-territory-of]"))
      button.addEventListener("click", () => this.paintAll((s) => s.dataset.territory === button.dataset.territoryOf));
    root.querySelector("[data-rest]").addEventListener("click", () => this.askForTheRest());
    for (const segment of this.segments)
      this.select(segment).addEventListener("change", () => this.show(segment, this.paint(this.select(segment).value)));
  }

  title() { return document.getElementById(`l-${this.key}`).textContent.replace("*", "").trim(); }
  select(segment) { return this.root.querySelector(`select[name="${this.key}.${segment.dataset.n}"]`); }
  paint(code) { return this.paints.find((paint) => paint.dataset.code === code) ?? this.paints.at(-1); }

  choose(paint) {
    this.chosen = paint;
    for (const other of this.paints) other.setAttribute("aria-pressed", String(other === paint));
  }

  show(segment, paint) {
    const { look, symbol, words } = paint.dataset;
    segment.dataset.look = look;
    segment.querySelector(".hatch").setAttribute("fill", look && look !== "clear" ? `url(#${this.key}-${look})` : "none");
    const label = this.labels[this.segments.indexOf(segment)];
    label.dataset.look = look;
    label.querySelector(".sym").textContent = symbol;
    segment.setAttribute("aria-label", `${segment.dataset.n} ${segment.dataset.name}: ${words}`);
  }

  apply(segments, paint) {
    let changed = null;
    for (const segment of segments) {
      const select = this.select(segment);
      if (select.value === paint.dataset.code) continue;
      select.value = paint.dataset.code;
      this.show(segment, paint);
      changed = select;
    }
    // One event for all, so that a whole ring is one save.
    changed?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  paintAll(which) { this.apply(this.segments.filter(which), this.chosen); }

  clicked(event) {
    const segment = event.target.closest("g.seg");
    if (!segment) return;
    this.move(segment);
    this.apply([segment], this.chosen);
  }

  pressed(event) {
    const segment = event.target.closest("g.seg");
    if (!segment || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = { ArrowLeft: () => this.beside(segment, 1), ArrowRight: () => this.beside(segment, -1),
      ArrowUp: () => this.across(segment, -1), ArrowDown: () => this.across(segment, 1),
      Home: () => this.segments[0], End: () => this.segments.at(-1) }[event.key];
    if (next) this.move(next());
    else if (event.key === "Enter" || event.key === " ") this.apply([segment], this.chosen);
    else if (event.key === "Delete" || event.key === "Backspace") this.apply([segment], this.paints.at(-1));
    else if (/^[0-9]$/.test(event.key)) {
      const paint = this.paints.find((one) => one.dataset.digit === event.key);
      if (!paint) return;
      this.apply([segment], paint);
    } else return;
    event.preventDefault();
  }

  move(segment) {
    for (const other of this.segments) other.setAttribute("tabindex", other === segment ? "0" : "-1");
    segment.focus();
  }

  // Around the ring: left is anticlockwise, as the segments are numbered.
  beside(segment, step) {
    const ring = this.segments.filter((s) => s.dataset.ring === segment.dataset.ring);
    return ring[(ring.indexOf(segment) + step + ring.length) % ring.length];
  }

  // Across the rings: the nearest by angle, outwards (up) or inwards (down).
  across(segment, step) {
    const ring = RINGS[RINGS.indexOf(segment.dataset.ring) + step];
    const there = this.segments.filter((s) => s.dataset.ring === ring);
    if (there.length === 0) return segment;
    const apart = (s) => {
      const turn = Math.abs(s.dataset.angle - segment.dataset.angle) % 360;
      return Math.min(turn, 360 - turn);
    };
    return there.reduce((best, s) => (apart(s) < apart(best) ? s : best));
  }

  // "All others normal" states something about each of them, so it lists them and asks once.
  askForTheRest() {
    const blank = this.segments.filter((s) => this.select(s).value === "");
    const first = this.paints[0];
    const dialog = document.createElement("dialog");
    const say = document.createElement("p");
    const actions = document.createElement("div");
    actions.className = "actions";
    dialog.setAttribute("aria-label", `${this.title()}: all others`);
    say.textContent = blank.length === 0 ? "Every segment has been assessed already."
      : `The report will state “${first.dataset.words}” for ${blank.length} segment${blank.length > 1 ? "s" : ""}: `
        + blank.map((s) => s.dataset.name).join(", ") + ".";
    const button = (text, look, act) => {
      const one = document.createElement("button");
      one.type = "button"; one.className = look; one.textContent = text;
      one.addEventListener("click", () => { dialog.close(); act?.(); });
      actions.append(one);
    };
    if (blank.length) button("State this", "nhsuk-button", () => this.apply(blank, first));
    button(blank.length ? "Cancel" : "Close", "button button--quiet");
    dialog.append(say, actions);
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }
}

for (const root of document.querySelectorAll("[data-bullseye]")) new BullsEye(root);
