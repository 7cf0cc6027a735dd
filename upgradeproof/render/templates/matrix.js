// Filters, the sheet, the keyboard. All that is shown follows from the fragment, so a link shares it.

const faces = [...document.querySelectorAll(".face")];
const rows = [...document.querySelectorAll(".matrix tbody tr")];
const sections = [...document.querySelectorAll(".product")];
const rowOf = faces.map((face) => rows.indexOf(face.closest("tr")));
const sectionOf = faces.map((face) => sections.indexOf(face.closest(".product")));
const toggles = [...document.querySelectorAll("[data-filter]")];
const fields = { product: "change", platform: "change", check: "input", q: "input" };
const fieldOf = (key) => document.getElementById(key === "q" ? "search" : key);
const sheet = document.getElementById("cell");
const ids = faces.map((face) => idOf(face));
const lowerIds = [];
faces.forEach((face, place) => { lowerIds[face.dataset.index] = ids[place].toLowerCase(); });
const byId = new Map(faces.map((face, place) => [ids[place], face]));

let out = new Uint8Array(faces.length);
let shownIndex = null;

/** Return the id of the cell that a link opens. */
function idOf(link) {
  return decodeURIComponent(link.getAttribute("href").slice("#cell=".length).replaceAll("+", " "));
}

/** Return what the fragment asks for. */
function wanted() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const one = (key) => fragment.get(key) ?? "";
  return {
    cell: fragment.get("cell"), verdict: fragment.getAll("verdict"), tag: fragment.getAll("tag"),
    product: one("product"), platform: one("platform"), check: one("check"), q: one("q"),
  };
}

/** Write the fragment; opening a cell is a step back's worth of history, filtering is not. */
function ask(changed, { remember = false } = {}) {
  const { verdict, tag, cell, ...single } = { ...wanted(), ...changed };
  const fragment = new URLSearchParams();
  for (const value of verdict) fragment.append("verdict", value);
  for (const value of tag) fragment.append("tag", value);
  for (const [key, value] of Object.entries({ ...single, cell })) if (value) fragment.set(key, value);
  const url = `#${fragment}`;
  if (remember) history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  show();
}

/** Show what the fragment asks for. */
function show() {
  const now = wanted();
  const filtered = Boolean(now.verdict.length || now.tag.length || now.product || now.platform || now.check || now.q.trim());
  const number = showFaces(now, filtered);
  for (const toggle of toggles) {
    toggle.setAttribute("aria-pressed", now[toggle.dataset.filter].includes(toggle.dataset.value));
  }
  for (const key of Object.keys(fields)) {
    const field = fieldOf(key);
    if (field && document.activeElement !== field) field.value = now[key];
    field?.classList.toggle("on", Boolean(now[key]));
  }
  document.getElementById("shown").textContent = filtered ? `${number} of ${plural(faces.length, "cell")}` : "";
  document.getElementById("clear").hidden = !filtered;
  document.getElementById("nothing").hidden = number > 0;
  const face = byId.get(now.cell);
  if (face) openSheet(face);
  else if (sheet.open) sheet.close();
}

/** Hide the cells that do not match, and the platforms and products without one that does. */
function showFaces(now, filtered) {
  const fits = matcher(now, (index) => lowerIds[index]);
  const inRow = new Uint32Array(rows.length);
  const inSection = new Uint32Array(sections.length);
  let number = 0;
  faces.forEach((face, place) => {
    const hide = filtered && !fits(face.dataset.index) ? 1 : 0;
    if (hide !== out[place]) face.classList.toggle("out", Boolean(hide));
    out[place] = hide;
    if (hide) return;
    number += 1;
    if (rowOf[place] >= 0) inRow[rowOf[place]] += 1;
    inSection[sectionOf[place]] += 1;
  });
  rows.forEach((row, place) => row.classList.toggle("out", filtered && !inRow[place]));
  sections.forEach((section, place) => section.classList.toggle("out", filtered && !inSection[place]));
  return number;
}

async function openSheet(face) {
  const { index } = face.dataset;
  if (sheet.open && shownIndex === index) return;
  shownIndex = index;
  const place = h("div", { class: "sheet", "aria-busy": "true" }, h("p", { class: "quiet" }, "Loading the details of this cell"));
  sheet.replaceChildren(sheetHead(face), place);
  if (!sheet.open) sheet.showModal();
  sheet.scrollTop = 0;
  document.getElementById("cell-title").focus();
  const content = await load(index).then((found) => sheetContent(face, found), (error) => missing(error.message));
  if (shownIndex === index) place.replaceWith(content);
}

function sheetContent(face, found) {
  if (found.cell.id !== idOf(face)) return missing("The file of this cell belongs to another run.");
  return cellSheet(face.dataset.index, found);
}

function missing(why) {
  return h("div", { class: "sheet" }, h("p", { class: "note" }, why),
    h("p", {}, `Copy the folder ${run.files} of the same report next to this page.`));
}

function sheetHead(face) {
  const [product, platform, , , , , own] = run.cells[face.dataset.index];
  const near = faces.filter((other, place) => other === face || !out[place]);
  const at = near.indexOf(face);
  const step = (by, sign, name) => h("button", {
    type: "button", "aria-label": name, title: name, disabled: !near[at + by],
    onclick: () => ask({ cell: idOf(near[at + by]) }),
  }, sign);
  const upgrade = idOf(face).replace(`${run.platforms[platform]}.`, "");
  const verdict = WORDS[own] ?? "never_ran";
  return h("header", { class: `sheet-head v-${verdict}` },
    h("h2", { id: "cell-title", tabindex: "-1" }, verdictOf(verdict),
      h("span", { class: "machine" }, `${run.platforms[platform]} · ${run.products[product]} · ${upgrade}`)),
    h("nav", { "aria-label": "Cells" }, step(-1, "‹", "Previous cell"), step(1, "›", "Next cell"),
      h("button", { type: "button", "aria-label": "Close", title: "Close", onclick: () => sheet.close() }, "✕")));
}

/** Move the focus to the nearest face in the direction of an arrow key. */
function walk(event) {
  const arrows = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const face = event.target.closest(".face");
  if (!face || !arrows[event.key] || !face.closest("td")) return;
  event.preventDefault();
  const [down, across] = arrows[event.key];
  let cell = face.closest("td");
  do {
    const row = rows[rows.indexOf(cell.parentElement) + down];
    cell = row?.cells[cell.cellIndex + across];
  } while (cell && !cell.querySelector(".face:not(.out)"));
  cell?.querySelector(".face").focus();
}

/** Fill a selection with the names of the index; a list of checks once it is asked for. */
function offer(id, names) {
  document.getElementById(id)?.append(...names.map((name) => h("option", { value: name }, name)));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#cell="]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  ask({ cell: idOf(link) }, { remember: true });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || sheet.open || event.target.matches("input")) return;
  event.preventDefault();
  fieldOf("q").focus();
});
document.querySelector("main").addEventListener("keydown", walk);
for (const toggle of toggles) {
  toggle.addEventListener("click", () => {
    const { filter, value } = toggle.dataset;
    const on = wanted()[filter];
    ask({ [filter]: on.includes(value) ? on.filter((other) => other !== value) : [...on, value] });
  });
}
const byNumber = new Intl.Collator("en", { numeric: true }).compare;
offer("product", [...run.products].sort(byNumber));
offer("platform", [...run.platforms].sort(byNumber));
fieldOf("check")?.addEventListener("focus", () => offer("checks", run.names.slice(0, 2000).map(([id]) => id)), { once: true });
for (const [key, event] of Object.entries(fields)) {
  fieldOf(key)?.addEventListener(event, () => ask({ [key]: fieldOf(key).value }));
}
document.getElementById("controls").addEventListener("submit", (event) => event.preventDefault());
document.getElementById("clear").addEventListener("click", () => {
  for (const key of Object.keys(fields)) fieldOf(key).value = "";
  ask({ verdict: [], tag: [], product: "", platform: "", check: "", q: "" });
  fieldOf("q").focus();
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
