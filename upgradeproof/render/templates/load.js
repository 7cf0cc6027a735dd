// Get the details of a cell: from the page, or from the file next to it that holds them.

const run = block("index");
const requested = new Map();
const details = new Map();

// A page that was opened from its file can read no other file, but it can load a script. The script
// calls this function for each of its cells with JSON as a string, which is parsed here and never run.
window.upgradeproofCell = (number, text) => {
  if (requested.has(number)) requested.get(number)(JSON.parse(text));
};

/** Return a promise of the details of the cell at `index`. */
function load(index) {
  if (!details.has(index)) {
    const found = run.files ? fromFile(index) : Promise.resolve(fromPage(index));
    details.set(index, found);
    found.catch(() => details.delete(index));
  }
  return details.get(index);
}

function fromPage(index) {
  return {
    cell: block(`cell-${index}`),
    changes: block(`changes-${index}`),
    transcript: (key) => block(`transcript-${key}`),
    speed: document.getElementById(`speed-${index}`)?.content.cloneNode(true) ?? null,
  };
}

function fromFile(index) {
  return new Promise((resolve, reject) => {
    const file = run.starts.findLastIndex((start) => start <= index);
    const path = `${run.files}/cells-${file}.js`;
    const failed = () => reject(new Error(`${path} is not next to this page, or can't be read.`));
    requested.set(Number(index), resolve);
    document.head.append(h("script", { src: path, onload: failed, onerror: failed }));
  }).then(({ cell, changes, transcripts, speed }) => ({
    cell,
    changes,
    transcript: (key) => transcripts[key],
    speed: speed ? markup(speed) : null,
  }));
}

/** Return markup that our own templates wrote and escaped; the page's policy lets no script of it run. */
function markup(text) {
  const fragment = document.createDocumentFragment();
  fragment.append(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  return fragment;
}
