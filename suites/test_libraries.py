"""Every program finds its libraries, and none runs on one that is gone."""

from upgradeproof.probes.libraries import Libraries
from upgradeproof.runner import State


def test_no_program_lacks_a_library(installed: State, upgraded: State) -> None:
    lacking = [
        f"{path}: {', '.join(file.missing)}"
        for path, file in upgraded[Libraries].items()
        if path not in installed[Libraries] and not upgraded.reason_for(f"libraries/{path}")
    ]
    assert not lacking, "\n".join(lacking)
