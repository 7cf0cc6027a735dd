"""Options and ini keys. All names are prefixed: an alias could be another plugin's option."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof import settings

_PATHS = {
    "--upgradeproof-plan": (settings.PLANS, "an upgrade.toml; may be repeated; write it with `=`"),
    "--upgradeproof-reports": (settings.REPORTS, "the folder for reports; write it with `=`"),
}
"""Options that set an ini key for one run, with the key."""


def add_shard_option(group: pytest.OptionGroup) -> None:
    """Add the option of a part of the cells; it takes no path alone, and never moves the root."""
    group.addoption(
        "--upgradeproof-shard",
        metavar="FILE:N",
        help="only the cells of shard N of a shards.json that `upgradeproof shards` wrote",
    )


def add_options(parser: pytest.Parser) -> None:
    """Add our options and our ini keys."""
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
    add_shard_option(group)
    for option, (key, text) in _PATHS.items():
        group.addoption(option, action="append", default=[], metavar="PATH", dest=key, help=text)
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
    """Return the plans that the option or the ini key names."""
    if given := _given(config, settings.PLANS):
        return given
    return tuple(config.rootpath / each for each in config.getini(settings.PLANS))


def named_path(config: pytest.Config, key: str) -> Path | None:
    """Return the path of an option or an ini key, or None where neither is set."""
    if given := _given(config, key):
        return given[-1]
    value = config.getini(key)
    return config.rootpath / value if value else None


def _given(config: pytest.Config, key: str) -> tuple[Path, ...]:
    """Return the paths of an option; a relative one starts where pytest was started.

    Raises UsageError for the option and its path as two words: pytest looks for its root before it
    knows the options of plugins, and takes the second word for a place of tests.
    """
    start = config.invocation_params
    for option in _PATHS:
        if option in start.args:
            raise pytest.UsageError(
                f"{option} and its path are two words, and pytest takes the path for a place of "
                f"tests; write {option}=PATH"
            )
    return tuple(start.dir / path for path in config.getoption(key, None) or ())


def wants_junit(config: pytest.Config) -> bool:
    """Return whether junit.xml is asked for, by the option or the ini key."""
    return bool(config.getoption("upgradeproof_junit") or config.getini(settings.JUNIT))


def wants_html(config: pytest.Config) -> bool:
    """Return whether pytest.html is asked for, by the option or the ini key."""
    return bool(config.getoption("upgradeproof_html") or config.getini(settings.HTML))
