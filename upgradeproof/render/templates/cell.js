// Lay out one cell in the sheet. Long parts (transcripts, expected changes) are built when opened.

/** Return the sheet's content for the cell at `index` of the run, from what `load` returned. */
function cellSheet(index, { cell, changes, transcript, speed }) {
  const suites = allSuites(cell, index);
  return h("div", { class: "sheet" },
    summarySection(cell, suites), captureSection(cell), speed, preflightSection(cell), checksSection(suites), timeSection(cell, transcript), diffSection(changes));
}

function section(title, aside, ...children) {
  return h("section", {}, h("h3", {}, title, aside ? h("small", {}, aside) : null), ...children);
}

function reasonBlock(text) {
  return text ? h("pre", { class: "machine", tabindex: "0" }, text) : null;
}

function summarySection(cell, suites) {
  const counted = {};
  for (const suite of suites) {
    for (const [verdict, number] of Object.entries(suite.counts)) {
      counted[verdict] = (counted[verdict] ?? 0) + number;
    }
  }
  const tallied = tally(counted);
  const proofs = cell.fidelity
    ? cell.fidelity.proofs.map(([can, text]) => h("li", { class: can ? "can" : "cannot" },
      h("span", { class: "hidden" }, can ? "Can: " : "Can not: "), text))
    : [h("li", { class: "cannot" }, "No machine was started: nothing is proven.")];
  return section("What it can prove", cell.fidelity ? cell.fidelity.text : "",
    cell.selected ? null : h("p", { class: "note" }, "This run did not select this cell."),
    cell.stops.map((stop) => h("div", { class: `stop v-${stop.verdict}` },
      h("p", {}, verdictOf(stop.verdict), ` ${stop.sentence}`), reasonBlock(stop.reason))),
    h("ul", { class: "proofs" }, proofs),
    h("p", { class: "quiet" }, [tallied, cell.took, ...cell.tags].filter(Boolean).join(" · ")));
}

/** Return how much of a captured server is the same in its twin, and what is not. */
function captureSection(cell) {
  if (!cell.capture) return null;
  return section("Capture fidelity", `${cell.capture.share} of ${cell.capture.server} is the same in its twin`,
    h("div", {}, cell.capture.sections.map(({ name, share, text, differences, more }) =>
      h("details", { class: "suite" },
        h("summary", {}, h("span", { class: "machine" }, name), h("small", {}, `${share}, ${text}`)),
        differences.length ? h("ul", { class: "machine" }, differences.map((line) => h("li", {}, line))) : null,
        more ? h("p", { class: "quiet" }, `${more} more in run.json`) : null))));
}

function preflightSection(cell) {
  if (!cell.findings.length) return null;
  return section("Preflight", "found before the upgrade changed anything",
    h("ul", { class: "findings" }, cell.findings.map((finding) => h("li", { class: `finding s-${finding.severity}` },
      h("span", { class: "severity" }, finding.severity),
      h("div", { class: "sentence", title: finding.id }, finding.code ? h("b", { class: "machine" }, `${finding.code} `) : null, finding.title,
        h("p", { class: "meaning" }, finding.meaning),
        h("p", {}, "To do: ", h("span", { class: "machine" }, finding.remedy)),
        finding.accepted ? h("p", { class: "quiet" }, `Accepted: ${finding.accepted}`) : null)))));
}

function timeSection(cell, transcript) {
  if (!cell.states.length) return section("Time line", "", h("p", { class: "quiet" }, "This cell was never started."));
  const whole = cell.states.reduce((sum, state) => sum + state.seconds, 0) || 1;
  let start = 0;
  const lines = cell.states.map((state) => {
    const line = stateLine(state, start, whole, transcript);
    start += state.seconds;
    return line;
  });
  return section("Time line", "by duration; a step opens to its transcript", h("div", {}, lines));
}

function stateLine(state, start, whole, transcript) {
  const notes = [state.verdict === "passed" ? "" : plainName(state.verdict), state.reused ? "reused" : ""];
  let at = start;
  const steps = state.steps.map((step) => {
    const line = stepLine(step, at, whole, transcript);
    at += step.seconds ?? 0;
    return line;
  });
  return h("div", { class: `state v-${state.verdict}` },
    h("div", { class: "line" },
      h("span", { title: state.started }, icon(state.verdict), ` ${plainName(state.name)} `,
        h("small", {}, notes.filter(Boolean).join(", "), state.facts ? [" ", h("a", { href: state.facts }, "facts")] : null)),
      track(start, state.seconds, whole), h("span", { class: "took" }, state.seconds ? duration(1000 * state.seconds) : "not ended")),
    steps);
}

function track(start, seconds, whole) {
  const stretch = h("i");
  stretch.style.left = `min(${100 * start / whole}%, 100% - 3px)`;
  if (seconds !== null) stretch.style.width = `${100 * seconds / whole}%`; // or it runs on to the end
  return h("div", { class: "track", "aria-hidden": "true" }, stretch);
}

function stepLine(step, start, whole, transcript) {
  const ended = step.seconds !== null;
  const bad = ended && step.exit !== 0;
  const how = !ended ? "never ended" : step.exit === null ? "stopped at its time-out" : step.exit ? `exit ${step.exit}` : "";
  const container = h("div", { class: "transcript" });
  const fill = () => {
    if (container.childElementCount) return;
    container.append(...transcriptParts(step, transcript));
    const text = container.querySelector("pre");
    if (text && !(ended && step.exit === 0)) text.scrollTop = text.scrollHeight;
  };
  return h("details", { class: `step${bad ? " bad" : ""}${ended ? "" : " open-ended"}`, ontoggle: fill },
    h("summary", { class: "line" },
      h("span", { class: "title", title: step.started }, step.title, how ? h("small", {}, ` ${how}`) : null),
      track(start, step.seconds, whole), h("span", { class: "took" }, ended ? duration(1000 * step.seconds) : "")),
    container);
}

function transcriptParts(step, transcript) {
  const parts = [];
  if (step.note) parts.push(h("p", { class: "note" }, step.note));
  if (step.transcript !== null) parts.push(h("pre", { class: "machine", tabindex: "0" }, transcript(step.transcript)));
  if (step.href) parts.push(h("p", { class: "quiet" }, h("a", { href: step.href }, "Open the file")));
  return parts;
}

function diffSection(diffs) {
  if (!diffs.length) return section("Changes", "", h("p", { class: "quiet" }, "No state has a diff."));
  const container = h("div");
  const draw = () => container.replaceChildren(...diffs.map((diff) => stateDiff(diff, input.value.toLowerCase())));
  const input = h("input", { type: "search", placeholder: "Filter changes", "aria-label": "Filter changes", oninput: debounced(() => draw()) });
  draw();
  const lines = diffs.reduce((sum, diff) => sum + diff.lines.length, 0);
  return section("Changes", `${plural(lines, "line")} differ between two states`, input, container);
}

/** Lay out one diff; a line is [path, before, after, reason, text's diff], a regression's reason is null. */
function stateDiff({ state, against, reasons, lines }, wanted) {
  const found = lines.filter(([path, before, after, reason, text]) => !wanted
    || [path, before, after, ...(reasons[reason] ?? []), text].join("\n").toLowerCase().includes(wanted));
  const regressions = found.filter(([, , , reason]) => reason === null);
  return h("div", { class: "state-diff" },
    h("h4", {}, `${plainName(state)}, compared with ${plainName(against)}`),
    regressions.length ? h("div", { class: "regressions" },
      h("h4", {}, `${plural(regressions.length, "regression")}: nothing in the plan expects this`),
      diffTable(regressions)) : null,
    ...origins(reasons, found, Boolean(wanted)),
    found.length ? null : h("p", { class: "quiet" }, "No change matches."));
}

/** Lay out the expected changes below who explains them: the plan, what is known, a package. */
function origins(reasons, found, open) {
  const names = [...new Set(reasons.map(([, origin]) => origin))];
  return names.map((name) => {
    const places = reasons.map((_, place) => place).filter((place) => reasons[place][1] === name);
    const blocks = places.map((place) => [place, found.filter((line) => line[3] === place)]);
    const lines = blocks.reduce((sum, [, its]) => sum + its.length, 0);
    return lines ? h("div", { class: "origin" }, h("h4", {}, `${name}: ${plural(lines, "change")}`),
      ...blocks.map(([place, its]) => expected(reasons[place][0], its, open))) : null;
  });
}

function expected(reason, lines, open) {
  if (!lines.length) return null;
  const details = h("details", { class: "expected", open },
    h("summary", {}, h("span", { class: "quiet" }, `${plural(lines.length, "expected change")}: `), reason || "the plan gives no reason"));
  const fill = () => {
    if (details.open && !details.querySelector("table")) details.append(diffTable(lines));
  };
  details.addEventListener("toggle", fill);
  fill();
  return details;
}

function diffTable(lines) {
  const value = (text, side) => (text === null
    ? h("td", { class: "nothing" }, side === "before" ? "did not exist" : "was removed")
    : h("td", { class: `machine ${side}` }, h("span", { "aria-hidden": "true" }, side === "before" ? "− " : "+ "), text));
  return h("table", { class: "diff" },
    h("thead", {}, h("tr", {}, ["what", "before", "after"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, lines.flatMap(([path, before, after, reason, text]) => [h("tr", {},
      h("td", { class: "machine" }, path), value(before, "before"), value(after, "after")),
    text ? textDiff(text, reason === null) : null])));
}

/** Lay out the unified diff of a text file in a row of its own, below the line that it is about. */
function textDiff(text, open) {
  const sides = { "-": "before", "+": "after" };
  return h("tr", { class: "text-diff" }, h("td", { colspan: "3" },
    h("details", { open }, h("summary", {}, "what changed in it"),
      h("pre", { class: "machine", tabindex: "0" },
        text.split("\n").map((line) => h("span", { class: sides[line[0]] ?? "quiet" }, `${line}\n`))))));
}
