// Build elements. Text from machines enters as text nodes alone: there is no innerHTML anywhere.

const SVG = "http://www.w3.org/2000/svg";

/** Return an element with attributes, listeners (`on…`) and children; null children are left out. */
function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
}

/** Return the symbol of a verdict. */
function icon(verdict) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${verdict}`);
  svg.append(use);
  return svg;
}

/** Return a verdict as symbol and word. */
function verdictOf(verdict) {
  return h("span", { class: `verdict v-${verdict}` }, icon(verdict), ` ${plainName(verdict)}`);
}

/** Return the JSON of a data block, parsed when it is asked for and not before. */
function block(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** Return `1 check`, `2 checks`. */
function plural(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Return the words of a verdict or state: never_ran reads "never ran". */
function plainName(name) {
  return name.replaceAll("_", " ");
}

/** Return milliseconds as text. */
function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 950) return `${Math.round(ms)} ms`;
  if (ms < 59500) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

/** Call `act` once a writer pauses. */
function debounced(act) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, 120);
  };
}
