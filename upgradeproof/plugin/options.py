"""Options and ini keys. All names are prefixed: an alias could be another plugin's option."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof import settings


def add_options(parser: pytest.Parser) -> None:
    """Add our options, none of which takes a path, and our ini keys, which do."""
    group = parser.getgroup("upgradeproof", "upgrades of real machines")
    group.addoption(
        "--upgradeproof-cell",
        action="append",
        default=[],
        metavar="GLOB",
        help="only the cells whose id matches; may be repeated",
    )
    flags = {
        "fresh": "rebuild every state and use no cached one (for sign-off)",
        "strict": "fail if an expected change of a plan did not happen on any platform",
        "junit": "write junit.xml into the folder of the reports",
        "html": "write pytest.html, by pytest-html, into the folder of the reports",
    }
    for name, text in flags.items():
        group.addoption(f"--upgradeproof-{name}", action="store_true", default=False, help=text)
    _add_keys(parser)


def _add_keys(parser: pytest.Parser) -> None:
    parser.addini(
        settings.PLANS,
        "upgrade.toml files; default: ./upgrade.toml and ./products/*/upgrade.toml",
        type="args",
        default=[],
    )
    parser.addini(
        settings.REPORTS,
        "the folder for reports; default: reports/out",
        type="string",
        default="",
    )
    parser.addini(
        settings.DEFECT,
        "a product's defects/*.toml to inject into its upgrade: the run must then fail",
        type="string",
        default="",
    )
    parser.addini(settings.JUNIT, "as --upgradeproof-junit", type="bool", default=False)
    parser.addini(settings.HTML, "as --upgradeproof-html", type="bool", default=False)


def named_plans(config: pytest.Config) -> tuple[Path, ...]:
    """Return the plans that the ini key names; a relative path starts at pytest's root."""
    return tuple(config.rootpath / each for each in config.getini(settings.PLANS))


def named_path(config: pytest.Config, key: str) -> Path | None:
    """Return the path of an ini key, from pytest's root, or None where it is not set."""
    value = config.getini(key)
    return config.rootpath / value if value else None


def wants_junit(config: pytest.Config) -> bool:
    """Tell whether junit.xml is asked for, by the option or the ini key."""
    return bool(config.getoption("upgradeproof_junit") or config.getini(settings.JUNIT))


def wants_html(config: pytest.Config) -> bool:
    """Tell whether pytest.html is asked for, by the option or the ini key."""
    return bool(config.getoption("upgradeproof_html") or config.getini(settings.HTML))
