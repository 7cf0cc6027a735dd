"""Fixtures of signed decisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.decision.signed import allow, decided_folder, make_key
from upgradeproof.decision.keys import open_signer
from upgradeproof.decision.signing import sign


@pytest.fixture
def ada(tmp_path: Path) -> Path:
    return make_key(tmp_path / "ada")


@pytest.fixture
def signers(tmp_path: Path, ada: Path) -> Path:
    return allow(tmp_path / "signers", ada)


@pytest.fixture
def folder(tmp_path: Path, ada: Path) -> Path:
    made = decided_folder(tmp_path)
    sign(made, open_signer(ada))
    return made
