"""An edit of a configuration is also in the file that a newer version of its package reads."""

import pytest

from upgradeproof.probes.edited_successors import lost_edits, succeeds_an_edited_package
from upgradeproof.runner import State


def test_edit_is_also_in_the_file_of_the_newer_version(installed: State, upgraded: State) -> None:
    """A package with its version in the name has its files in another folder of ``/etc``."""
    if not succeeds_an_edited_package(installed.facts, upgraded.facts):
        pytest.skip("no package with an edited file is succeeded by one of another version")
    lost = [
        f"{edit.path} was edited, and {edit.package} reads {edit.successor}, which lacks the edit"
        for edit in lost_edits(installed.facts, upgraded.facts)
        if not upgraded.cell.reason_for(upgraded.name, f"files/{edit.successor}")
    ]
    assert not lost, "\n".join(lost)
