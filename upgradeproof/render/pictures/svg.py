"""A figure of matplotlib as SVG for a page: without ids, styles and colours of its own."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from xml.etree import ElementTree as ET

import matplotlib.style
from markupsafe import Markup
from matplotlib.figure import Figure

from upgradeproof.render import words
from upgradeproof.states import STATES

INK = "#000000"
"""The colour of text and axes: in the page it becomes the colour of the text around it."""
COLOURS: Mapping[str, str] = {
    **{name: spec.colour for name, spec in STATES.items() if spec.colour},
    "lost": "#d8402f",
}
"""Of the data, by what they are: each has a contrast of 3 to 1 on light and on dark paper."""
POINTS = 72
"""Points in an inch: matplotlib's figures are in inches, their pictures in points."""
MAX_CHARACTERS = 52
"""Of a name in a picture: half its width, at 13 points. The tables have the whole name."""

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_ATTRIBUTES = {
    "path": (
        *("d", "fill", "fill-opacity", "opacity", "stroke", "stroke-width", "stroke-opacity"),
        *("stroke-dasharray", "stroke-linecap", "stroke-linejoin"),
    ),
    "text": ("x", "y", "font-size", "text-anchor", "opacity"),
}
"""Elements and attributes that a picture needs; those of a style are attributes here, since the
page's policy lets no style in but its own."""
_DIGITS = re.compile(r"-?\d+\.\d{3,}")
_SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "upgradeproof",
    "text.parse_math": False,
    "font.size": 13,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.bottom": False,
    "ytick.left": False,
    "grid.color": INK,
    "grid.alpha": 0.18,
    "grid.linewidth": 0.8,
    "legend.frameon": False,
    "path.simplify": False,
}


@contextmanager
def settings() -> Iterator[None]:
    """Draw by matplotlib's own settings and ours, regardless of a user's matplotlibrc.

    Text of a machine may hold letters that no font here has: the reader's browser has another.
    """
    with matplotlib.style.context(["default", _SETTINGS]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph ", category=UserWarning)
        yield


def clean(text: str) -> str:
    """Return text on one line, of printable letters: what XML can't hold is not among them."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def name(text: str) -> str:
    """Return text that is clean, and short enough for a picture."""
    shown = clean(text)
    return shown if len(shown) <= MAX_CHARACTERS else f"{shown[: MAX_CHARACTERS - 1]}…"


def tick(ms: float) -> str:
    """Return the label of milliseconds on an axis, where minutes do not fit."""
    return f"{round(ms / words.SECOND_MS, 2):g} s" if ms >= words.SECOND_MS else words.latency(ms)


def inline(figure: Figure, label: str) -> Markup:
    """Return the figure as an ``svg`` element with ``label`` as its text for screen readers.

    Equal figures give equal text. It is a flat list of paths and texts: what matplotlib gives them
    beyond that, such as ids, would have to be unique in the page.
    """
    file = io.StringIO()
    metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(file, format="svg", metadata=metadata, transparent=True)
    drawn = ET.fromstring(file.getvalue())  # noqa: S314  # matplotlib wrote it a moment ago
    picture = ET.Element(
        "svg",
        {
            "class": "picture",
            "viewBox": drawn.attrib["viewBox"],
            "role": "img",
            "aria-label": clean(label),
            "fill": "currentColor",
        },
    )
    picture.extend(_elements(drawn))
    return Markup(ET.tostring(picture, encoding="unicode"))  # noqa: S704  # it escaped all text


def _elements(drawn: ET.Element) -> Iterator[ET.Element]:
    """Yield what is to be seen, in the order in which it is drawn."""
    for element in drawn.iter():
        tag = element.tag.removeprefix(_NAMESPACE)
        if tag not in _ATTRIBUTES:
            continue
        given = dict(element.attrib) | _style(element)
        if tag == "path" and given.get("fill") == "none" and "stroke" not in given:
            continue
        copied = ET.Element(
            tag, {key: _value(given[key]) for key in _ATTRIBUTES[tag] if key in given}
        )
        copied.text = element.text
        yield copied


def _style(element: ET.Element) -> dict[str, str]:
    pairs = (part.partition(":") for part in element.get("style", "").split(";"))
    return {key.strip(): value.strip() for key, _, value in pairs if value}


def _value(value: str) -> str:
    """Return an attribute's value without the digits that are not visible."""
    if value == INK:
        return "currentColor"
    short = _DIGITS.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value)
    return " ".join(short.split())
