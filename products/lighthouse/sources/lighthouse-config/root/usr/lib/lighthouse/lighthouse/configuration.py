"""The agent's configuration: its settings, their defaults, and the conflicts between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from lighthouse.formats import FormatError, format_of, settings
from lighthouse.release import API_PORT, CONFIG_FORMAT, VERSION

PATH = Path("/etc/lighthouse.conf")
LEVELS = ("debug", "info", "warning", "error")
EVERYWHERE = "0.0.0.0"  # noqa: S104  # the clients of a server are on other machines
DEFAULTS = {
    "api.listen": EVERYWHERE,
    "api.port": str(API_PORT),
    "tls.port": "30443",
    "tls.certificate": "",
    "tls.key": "",
    "metrics.listen": EVERYWHERE,
    "metrics.agent_port": "9100",
    "metrics.store_port": "9101",
    "store.quota_mb": "256",
    "log.level": "info",
    "backend.url": "",
    "alert.webhook": "",
}
PORTS = ("api.port", "tls.port", "metrics.agent_port", "metrics.store_port")
URLS = ("backend.url", "alert.webhook")
_URL = re.compile(r"http://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?(/[!-~]*)?")
_LAST_PORT = 65535


class ConfigurationError(Exception):
    """The configuration is in conflict with itself or with this release: error E1001."""


@dataclass(frozen=True)
class Configuration:
    """All settings by ``section.key``, defaults included."""

    values: Mapping[str, str]

    def text(self, key: str) -> str:
        """Return a setting."""
        return self.values[key]

    def number(self, key: str) -> int:
        """Return a setting that ``load`` found to be a number."""
        return int(self.values[key])

    @property
    def components(self) -> dict[str, str]:
        """Return the versions of the components that the agent works with."""
        mark = "components."
        return {k[len(mark) :]: v for k, v in self.values.items() if k.startswith(mark)}


def load(path: Path = PATH) -> Configuration:
    """Return the configuration of a file. Raises ConfigurationError with all that is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} can't be read: {error}") from None
    if (found := format_of(text)) != CONFIG_FORMAT:
        raise ConfigurationError(
            f"{path} is in the format {found!r}, and Lighthouse {VERSION} reads {CONFIG_FORMAT!r}"
        )
    try:
        own = settings(text)
    except FormatError as error:
        raise ConfigurationError(f"{path}: {error}") from None
    values = {**DEFAULTS, **own}
    if wrong := [*_unknown(own), *_not_numbers(values), *_not_urls(values), *_conflicts(values)]:
        raise ConfigurationError(f"{path}: {'; '.join(wrong)}")
    return Configuration(values)


def _unknown(own: Mapping[str, str]) -> Iterator[str]:
    for key in own:
        if key not in DEFAULTS and not key.startswith("components."):
            yield f"there is no setting {key!r}"


def _not_numbers(values: Mapping[str, str]) -> Iterator[str]:
    limits: tuple[tuple[str, int], ...] = (
        *((port, _LAST_PORT) for port in PORTS),
        ("store.quota_mb", 1_000_000),
    )
    for key, last in limits:
        if not values[key].isdecimal() or not 0 < int(values[key]) <= last:
            yield f"{key} = {values[key]} is no number from 1 to {last}"


def _not_urls(values: Mapping[str, str]) -> Iterator[str]:
    for key in URLS:
        if values[key] and not _is_url(values[key]):
            yield f"{key} = {values[key]} is no URL like http://127.0.0.1:8090/"


def _is_url(text: str) -> bool:
    try:
        return bool(_URL.fullmatch(text)) and urlsplit(text).port != 0
    except ValueError:  # a port above the last one, or brackets without an address
        return False


def _conflicts(values: Mapping[str, str]) -> Iterator[str]:
    if values["log.level"] not in LEVELS:
        yield f"log.level = {values['log.level']} is none of {', '.join(LEVELS)}"
    for at, key in enumerate(PORTS):
        for other in PORTS[:at]:
            if values[key] == values[other]:
                yield f"{other} and {key} are both {values[key]}"
