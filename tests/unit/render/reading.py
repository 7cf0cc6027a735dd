"""Read a page as a browser does: elements, text and data blocks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = frozenset({"meta", "link", "input", "br"})


@dataclass
class Page(HTMLParser):
    """The content that a parser without scripts finds in a page."""

    source: str
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._open: list[str] = []
        self.feed(self.source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, text: str) -> None:
        inside = self._open[-1] if self._open else ""
        self.texts.append((inside, text))
        if inside in ("script", "style"):
            attributes = self.tags[-1][1]
            self.scripts[attributes.get("id") or attributes.get("type") or inside] = text

    def count(self, tag: str, **attributes: str) -> int:
        """Return how many elements of a kind have these attributes."""
        return sum(
            name == tag and all(found.get(key) == value for key, value in attributes.items())
            for name, found in self.tags
        )

    def text(self, tag: str) -> list[str]:
        """Return the stripped pieces of text that are directly in elements of a kind."""
        return [text.strip() for inside, text in self.texts if inside == tag and text.strip()]

    def data(self, block: str) -> Any:
        """Return a data block's value."""
        return json.loads(self.scripts[block])
