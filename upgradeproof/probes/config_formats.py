"""Parse configuration files into flat settings; pure, and safe with malicious files."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator, Mapping

import yaml

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml: slower, and the same otherwise
    from yaml import SafeLoader  # type: ignore[assignment]

from upgradeproof.probes.text import clean

MAXIMUM_BYTES = 1_048_576
"""Larger files are not parsed: no daemon's settings are that long."""
MAXIMUM_NODES = 50_000
"""A small YAML file can expand to billions of nodes through its aliases..."""
MAXIMUM_CHARACTERS = 4 * MAXIMUM_BYTES
"""...or repeat one long key or value in each of them."""
MAXIMUM_DEPTH = 50

_KEY_VALUE = re.compile(r"([^\s=]+)(?:\s*=\s*|\s+|$)(.*)")
_ENVIRONMENT = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


def parse_config(content: bytes, format_name: str) -> tuple[dict[str, str], str]:
    """Return the settings by dotted path, and the problem that prevented reading them.

    Lists are written ``key[0]``; so are repeated keys of ``keyvalue``. The format ``text`` has no
    settings: its file is compared by its sum.
    """
    if format_name == "text":
        return {}, ""
    parse = _FORMATS.get(format_name)
    if parse is None:
        known = ", ".join(sorted([*_FORMATS, "text"]))
        return {}, f"{format_name!r} is no format of configuration files; known are {known}"
    try:
        return dict(_flat(parse(content.decode("utf-8")))), ""
    except RecursionError:
        return {}, "nested too deep to be parsed"
    except UnicodeDecodeError as error:
        return {}, f"byte {error.start} is not UTF-8"
    except (ValueError, yaml.YAMLError, configparser.Error) as error:
        return {}, clean(" ".join(str(error).split()))


def _flat(value: object) -> Iterator[tuple[str, str]]:
    """Yield leaves by path, lists and tables alike; raises ValueError for too many or too deep."""
    stack: list[tuple[str, object, int]] = [("", value, 0)]
    nodes = characters = 0
    while stack:
        path, node, depth = stack.pop()
        below = _below(node)
        text = "" if below else _scalar(node)
        nodes += 1 + len(below)
        characters += len(path) * (1 + len(below)) + len(text)
        if nodes > MAXIMUM_NODES or characters > MAXIMUM_CHARACTERS or depth > MAXIMUM_DEPTH:
            raise ValueError(
                f"it expands to more than {MAXIMUM_NODES} nodes, {MAXIMUM_CHARACTERS} characters"
                f" or {MAXIMUM_DEPTH} levels"
            )
        stack.extend((path + step, item, depth + 1) for step, item in reversed(below))
        if path and not below:
            yield clean(path.removeprefix(".")), clean(text)


def _below(node: object) -> list[tuple[str, object]]:
    """Return what a node holds, by the step that leads there."""
    if isinstance(node, Mapping):
        return [(f".{key}", item) for key, item in node.items()]
    if isinstance(node, set):
        node = sorted(node, key=str)
    if isinstance(node, list | tuple):
        return [(f"[{index}]", item) for index, item in enumerate(node)]
    return []


def _scalar(value: object) -> str:
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple | set):
        return "[]"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return str(value)


def _ini(text: str) -> object:
    parser = configparser.ConfigParser(
        strict=False, interpolation=None, allow_no_value=True, default_section="\0"
    )
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # the documented way
    parser.read_string(text, source="the file")
    return {
        section: {key: value or "" for key, value in parser.items(section)}
        for section in parser.sections()
    }


class _Loader(SafeLoader):
    """The safe loader, which merge keys could still make write billions of entries."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MAXIMUM_NODES:
            raise ValueError(f"merge keys expand to more than {MAXIMUM_NODES} nodes")


def _yaml(text: str) -> object:
    documents = list(yaml.load_all(text, Loader=_Loader))
    return documents[0] if len(documents) == 1 else documents


def _json(text: str) -> object:
    return json.loads(text)


def _toml(text: str) -> object:
    return tomllib.loads(text)


def _keyvalue(text: str) -> object:
    values: dict[str, list[str]] = {}
    for _, line in _lines(text):
        if match := _KEY_VALUE.fullmatch(line):
            values.setdefault(match[1], []).append(match[2])
    return {key: found[0] if len(found) == 1 else found for key, found in values.items()}


def _env(text: str) -> object:
    values = {}
    for number, line in _lines(text):
        match = _ENVIRONMENT.fullmatch(line)
        if match is None:
            raise ValueError(f"line {number} is no assignment")
        try:
            words = shlex.split(match[2], comments=True)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
        values[match[1]] = " ".join(words)
    return values


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if stripped and stripped[0] not in "#;":
            yield number, stripped


_FORMATS: dict[str, Callable[[str], object]] = {
    "env": _env,
    "ini": _ini,
    "json": _json,
    "keyvalue": _keyvalue,
    "toml": _toml,
    "yaml": _yaml,
}
