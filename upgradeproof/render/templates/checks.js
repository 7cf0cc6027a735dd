// The checks of a cell: what failed is in its details, the rest is put together from the index.

const WORDS = { f: "failed", b: "broken", w: "never_ran", p: "passed", n: "not_applicable" };
const WORST = Object.values(WORDS);

/** Return all suites of a cell: those of its details, with the checks that did not fail added. */
function allSuites(cell, index) {
  const suites = cell.suites.map((suite) => ({ ...suite, checks: [...suite.checks], counts: { ...suite.counts } }));
  const known = new Set(suites.flatMap((suite) => suite.checks.map((check) => check.id)));
  const byName = new Map(suites.filter((suite) => !suite.folded).map((suite) => [suite.name, suite]));
  const why = new Map(cell.quiet.why);
  const quiet = run.lists[run.cells[index][3]].map((name, place) => quietCheck(name, verdictAt(index, place), place, cell.quiet, why));
  quiet.sort((one, other) => WORST.indexOf(one.verdict) - WORST.indexOf(other.verdict));
  for (const check of quiet) {
    if (known.has(check.id)) continue;
    const name = check.id.includes("::") ? check.id.slice(0, check.id.lastIndexOf("::")) : "";
    if (!byName.has(name)) {
      byName.set(name, { name, verdict: check.verdict, counts: {}, checks: [], folded: false });
      suites.push(byName.get(name));
    }
    const suite = byName.get(name);
    suite.checks.push(check);
    suite.counts[check.verdict] = (suite.counts[check.verdict] ?? 0) + 1;
  }
  return suites;
}

function quietCheck(name, verdict, place, { ms, reasons }, why) {
  const [id, sentence, subject] = run.names[name];
  const reason = why.has(place) ? reasons[why.get(place)] : "";
  return { id, sentence, subject, verdict, reason, same: "", took: duration(ms[place]) };
}

/** Return the verdict of the check at a place of a cell's list. */
function verdictAt(index, place) {
  const letters = run.cells[index][4];
  return WORDS[letters.length === 1 ? letters : letters[place]];
}

function tally(counts) {
  return Object.entries(counts).filter(([, number]) => number)
    .map(([verdict, number]) => `${number} ${plainName(verdict)}`).join(", ");
}

function checksSection(suites) {
  if (!suites.length) return section("Checks", "", h("p", { class: "quiet" }, "No check was declared."));
  return section("Checks", "what failed comes first", h("div", {}, suites.map((suite) =>
    h("details", { class: "suite", open: !suite.folded && !["passed", "not_applicable"].includes(suite.verdict) },
      h("summary", { class: `v-${suite.verdict}` }, icon(suite.verdict), h("span", { class: "machine" }, suite.name || "checks"),
        h("small", {}, tally(suite.counts))),
      h("ul", {}, suite.checks.map(checkItem))))));
}

function checkItem(check) {
  const loud = ["failed", "broken"].includes(check.verdict);
  const short = !check.reason.includes("\n") && check.reason.length < 160;
  return h("li", { class: `check v-${check.verdict}` },
    verdictOf(check.verdict),
    h("div", { class: "sentence", title: check.id }, check.sentence,
      check.subject ? h("span", { class: "machine subject" }, ` [${check.subject}]`) : null,
      loud ? h("span", { class: "machine exact" }, check.id) : null),
    h("span", { class: "took" }, check.took),
    check.same ? h("p", {}, `The same reason as above: ${check.same}`) : null,
    short && !loud ? (check.reason ? h("p", {}, check.reason) : null) : reasonBlock(check.reason));
}

