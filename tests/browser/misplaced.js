// Return every text of a picture that exceeds it, or that overlaps another text by more than the line spacing.
(svg) => {
  const inside = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")]
    .map((text) => ({ name: text.textContent, box: text.getBoundingClientRect() }));
  const leaves = ({ box }) => box.left < inside.left - 1 || box.right > inside.right + 1
    || box.top < inside.top - 1 || box.bottom > inside.bottom + 1;
  const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
  const upon = texts.flatMap((one, place) => texts.slice(place + 1)
    .filter((other) => !apart(one.box, other.box))
    .map((other) => `${one.name} x ${other.name}`));
  return [...texts.filter(leaves).map(({ name }) => name), ...upon];
}
