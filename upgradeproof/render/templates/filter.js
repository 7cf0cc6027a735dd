// Which cells match: by the index alone, so that no cell has to be opened.

const LETTERS = Object.fromEntries(Object.entries(WORDS).map(([letter, word]) => [word, letter]));
const nameTexts = run.names.map(([id, sentence]) => `${id}\n${sentence}`.toLowerCase());
const tagTexts = run.tags.map((tags) => tags.join("\n").toLowerCase());

/** Return a function that decides whether the cell at an index matches what is wanted. */
function matcher({ verdict, tag, product, platform, check, q }, idAt) {
  const letters = verdict.map((word) => LETTERS[word]);
  const tagsFit = run.tags.map((tags) => !tag.length || tag.some((name) => tags.includes(name)));
  const productAt = product ? run.products.indexOf(product) : null;
  const platformAt = platform ? run.platforms.indexOf(platform) : null;
  const places = check ? placesOf(check) : null;
  const terms = q.toLowerCase().split(/\s+/).filter(Boolean).map(finder);
  return (index) => {
    const [itsProduct, itsPlatform, tags, list, verdicts, reasons, own] = run.cells[index];
    if (productAt !== null && productAt !== itsProduct) return false;
    if (platformAt !== null && platformAt !== itsPlatform) return false;
    if (!tagsFit[tags]) return false;
    if (places) {
      if (letters.length && !own) return false;
      const fits = (place) => !letters.length || letters.includes(verdicts.length === 1 ? verdicts : verdicts[place]);
      if (!places[list].some(fits)) return false;
    } else if (letters.length && !letters.includes(own)) return false;
    return terms.every((found) => found(idAt(index), tags, list, reasons));
  };
}

/** Return, for each list of checks, the places of those whose name has a text or is one. */
function placesOf(check) {
  const text = check.toLowerCase();
  const exact = run.names.findIndex(([id]) => id === check);
  const fits = exact >= 0 ? (name) => name === exact : (name) => nameTexts[name].includes(text);
  return run.lists.map((list) => list.flatMap((name, place) => (fits(name) ? [place] : [])));
}

/** Return a function that decides whether a cell has a text: in its id, tags, checks or reasons. */
function finder(term) {
  const names = new Set(nameTexts.flatMap((text, name) => (text.includes(term) ? [name] : [])));
  const lists = run.lists.map((list) => names.size > 0 && list.some((name) => names.has(name)));
  const tagged = tagTexts.map((text) => text.includes(term));
  const because = run.reasons.map((text) => text.includes(term));
  return (id, tags, list, reasons) => lists[list] || tagged[tags] || id.includes(term) || reasons.some((reason) => because[reason]);
}
