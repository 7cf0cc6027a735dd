// Return every text whose contrast with its background is below WCAG AA's 4.5 to 1.
() => {
  const numbers = (colour) => {
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      const stripes = [...style.backgroundImage.matchAll(/rgba?\([^)]+\)/g)].map((match) => match[0]);
      if (stripes.length) return stripes;
      if (numbers(style.backgroundColor)[3] === 255) return [style.backgroundColor];
    }
    return ["white"];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    if (!text || !element.checkVisibility() || element.closest("script, style, .hidden, .out, :disabled")) continue;
    const ink = luminance(numbers(getComputedStyle(element).color));
    for (const colour of ground(element)) {
      const below = luminance(numbers(colour));
      const ratio = (Math.max(ink, below) + 0.05) / (Math.min(ink, below) + 0.05);
      if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.className} ${text.slice(0, 40)}`);
    }
  }
  return [...new Set(poor)];
}
