"""The ini keys of the pytest plugin, and where plans are found.

Only the standard library is imported here: each pytest process on a host that has this package
installed pays for it, with or without a plan.

Each path is an ini key; ``--upgradeproof-plan=PATH`` and ``--upgradeproof-reports=PATH`` set two of
them for one run.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

PLANS = "upgradeproof_plans"
REPORTS = "upgradeproof_reports"
DEFECT = "upgradeproof_defect"
JUNIT = "upgradeproof_junit"
HTML = "upgradeproof_html"


def plan_files(root: Path) -> tuple[Path, ...]:
    """Return the plans of a folder: ``upgrade.toml`` and ``products/*/upgrade.toml``."""
    own = [root / "upgrade.toml"] if (root / "upgrade.toml").is_file() else []
    return (*own, *sorted(root.glob("products/*/upgrade.toml")))


def pytest_words(
    *, plans: Iterable[Path] = (), reports: Path | None = None, defect: Path | None = None
) -> tuple[str, ...]:
    """Return the words of a pytest command that set these paths."""
    given = {
        PLANS: " ".join(shlex.quote(str(path.absolute())) for path in plans),
        REPORTS: str(reports.absolute()) if reports else "",
        DEFECT: str(defect.absolute()) if defect else "",
    }
    return tuple(word for key, value in given.items() if value for word in ("-o", f"{key}={value}"))
