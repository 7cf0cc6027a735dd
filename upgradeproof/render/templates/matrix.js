// Filters, the sheet, the keyboard. All that is shown follows from the fragment, so a link shares it.

const faces = [...document.querySelectorAll(".face")];
const rows = [...document.querySelectorAll(".matrix tbody tr")];
const toggles = [...document.querySelectorAll("[data-filter]")];
const search = document.getElementById("search");
const sheet = document.getElementById("cell");
const idOf = (face) => new URLSearchParams(face.hash.slice(1)).get("cell");
const byId = new Map(faces.map((face) => [idOf(face), face]));

let texts = null;
let shownIndex = null;

/** Return what the fragment asks for. */
function wanted() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const all = (key) => fragment.getAll(key);
  return { cell: fragment.get("cell"), verdict: all("verdict"), tag: all("tag"), q: fragment.get("q") ?? "" };
}

/** Write the fragment; opening a cell is a step back's worth of history, filtering is not. */
function ask(changed, { remember = false } = {}) {
  const { cell, verdict, tag, q } = { ...wanted(), ...changed };
  const fragment = new URLSearchParams();
  for (const value of verdict) fragment.append("verdict", value);
  for (const value of tag) fragment.append("tag", value);
  if (q) fragment.set("q", q);
  if (cell) fragment.set("cell", cell);
  const url = `#${fragment}`;
  if (remember) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  show();
}

/** Return what a search reads of a cell, read once for all. */
function textOf(face) {
  texts ??= new Map();
  if (!texts.has(face)) {
    const cell = block(`cell-${face.dataset.index}`);
    const checks = cell.suites.flatMap((suite) => suite.checks.flatMap((check) => [check.id, check.says, check.reason]));
    const stops = cell.stops.map((stop) => stop.reason);
    const text = [cell.id, ...cell.tags, ...stops, ...checks].join("\n").toLowerCase();
    texts.set(face, { text, tags: cell.tags });
  }
  return texts.get(face);
}

function matches(face, { verdict, tag, q }) {
  const selected = !face.classList.contains("unselected");
  if (verdict.length && !(selected && verdict.some((kind) => face.classList.contains(`v-${kind}`)))) return false;
  if (tag.length && !tag.some((name) => textOf(face).tags.includes(name))) return false;
  const terms = q.toLowerCase().split(/\s+/).filter(Boolean);
  return terms.every((term) => textOf(face).text.includes(term));
}

/** Show what the fragment asks for. */
function show() {
  const now = wanted();
  const filtered = Boolean(now.verdict.length || now.tag.length || now.q.trim());
  const left = faces.filter((face) => {
    const fits = matches(face, now);
    face.classList.toggle("out", !fits);
    face.tabIndex = fits ? 0 : -1;
    return fits;
  });
  for (const row of rows) row.classList.toggle("out", filtered && !row.querySelector(".face:not(.out)"));
  for (const toggle of toggles) {
    toggle.setAttribute("aria-pressed", now[toggle.dataset.filter].includes(toggle.dataset.value));
  }
  if (document.activeElement !== search) search.value = now.q;
  document.getElementById("shown").textContent = filtered ? `${left.length} of ${plural(faces.length, "cell")}` : "";
  document.getElementById("clear").hidden = !filtered;
  document.getElementById("nothing").hidden = left.length > 0;
  const face = byId.get(now.cell);
  if (face) openSheet(face);
  else if (sheet.open) sheet.close();
}

function openSheet(face) {
  if (sheet.open && shownIndex === face.dataset.index) return;
  shownIndex = face.dataset.index;
  sheet.replaceChildren(sheetHead(face), cellSheet(shownIndex));
  if (!sheet.open) sheet.showModal();
  sheet.scrollTop = 0;
  document.getElementById("cell-title").focus();
}

function sheetHead(face) {
  const cell = block(`cell-${face.dataset.index}`);
  const near = faces.filter((other) => other === face || !other.classList.contains("out"));
  const at = near.indexOf(face);
  const step = (by, sign, name) => h("button", {
    type: "button", "aria-label": name, title: name, disabled: !near[at + by],
    onclick: () => ask({ cell: idOf(near[at + by]) }),
  }, sign);
  return h("header", { class: `sheet-head v-${cell.verdict}` },
    h("h2", { id: "cell-title", tabindex: "-1" }, verdictOf(cell.verdict),
      h("span", { class: "machine" }, `${cell.platform} · ${cell.product} ${cell.upgrade}`)),
    h("nav", { "aria-label": "Cells" }, step(-1, "‹", "Previous cell"), step(1, "›", "Next cell"),
      h("button", { type: "button", "aria-label": "Close", title: "Close", onclick: () => sheet.close() }, "✕")));
}

/** Move the focus to the nearest face in the direction of an arrow key. */
function walk(event) {
  const arrows = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const face = event.target.closest(".face");
  if (!face || !arrows[event.key]) return;
  event.preventDefault();
  const [down, across] = arrows[event.key];
  let cell = face.closest("td");
  do {
    const row = rows[rows.indexOf(cell.parentElement) + down];
    cell = row?.cells[cell.cellIndex + across];
  } while (cell && !cell.querySelector(".face:not(.out)"));
  cell?.querySelector(".face").focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#cell="]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  ask({ cell: idOf(link) }, { remember: true });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || sheet.open || event.target === search) return;
  event.preventDefault();
  search.focus();
});
document.querySelector(".matrix").addEventListener("keydown", walk);
for (const toggle of toggles) {
  toggle.addEventListener("click", () => {
    const { filter, value } = toggle.dataset;
    const on = wanted()[filter];
    ask({ [filter]: on.includes(value) ? on.filter((other) => other !== value) : [...on, value] });
  });
}
search.addEventListener("input", debounced(() => ask({ q: search.value })));
document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("clear").addEventListener("click", () => {
  search.value = "";
  ask({ verdict: [], tag: [], q: "" });
  search.focus();
});
sheet.addEventListener("click", (event) => {
  if (event.target === sheet) sheet.close();
});
sheet.addEventListener("close", () => {
  const face = faces.find((one) => one.dataset.index === shownIndex);
  shownIndex = null;
  if (wanted().cell) ask({ cell: null });
  face?.focus();
});
addEventListener("hashchange", show);
addEventListener("popstate", show);
show();
