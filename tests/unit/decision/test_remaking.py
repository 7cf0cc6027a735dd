"""The pages of a signed run are made again from its run.json."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.decision.signed import allow, decided_folder, make_key
from upgradeproof.decision.keys import open_signer
from upgradeproof.decision.signing import sign
from upgradeproof.decision.verifying import verify
from upgradeproof.errors import SigningError


def test_a_page_with_other_content_is_not_signed(tmp_path: Path) -> None:
    page = (folder := decided_folder(tmp_path)) / "sign-off.html"
    ada = open_signer(make_key(tmp_path / "ada"))
    text = page.read_text()
    page.write_text(text.replace("The release may ship", "The release is perfect"))
    with pytest.raises(SigningError) as error:
        sign(folder, ada)
    assert error.value.details == "sign-off.html is not the page of this decision"
    page.write_text(text.replace("upgradeproof 0.", "upgradeproof 9."))
    with pytest.raises(SigningError, match=r"it can't be recomputed") as error:
        sign(folder, ada)
    assert error.value.details.startswith("sign-off.html was made by upgradeproof 9.")


def test_a_matrix_of_other_verdicts_is_not_signed(tmp_path: Path) -> None:
    matrix = (folder := decided_folder(tmp_path)) / "index.html"
    text = matrix.read_text()
    matrix.write_text(text.replace("failed", "passed"))
    with pytest.raises(SigningError) as error:
        sign(folder, open_signer(make_key(tmp_path / "ada")))
    assert error.value.details == "index.html is not the matrix of run.json"


@pytest.mark.parametrize(
    ("content", "by", "signed"),
    [
        ("upgradeproof 9.9", "upgradeproof 9.9", False),
        ("upgradeproof 9.9, templates of the project",) * 2 + (True,),
        ("", "an unknown program", True),
    ],
)
def test_a_matrix_that_can_not_be_made_again_is_a_note(
    tmp_path: Path, content: str, by: str, *, signed: bool
) -> None:
    matrix = (folder := decided_folder(tmp_path)) / "index.html"
    text = matrix.read_text().replace("failed", "passed")
    matrix.write_text(re.sub('(generator" content=")[^"]*', rf"\g<1>{content}", text))
    ada = make_key(tmp_path / "ada")
    note = f"index.html was made by {by}, and is not made again here"
    if not signed:
        with pytest.raises(SigningError, match=note):
            sign(folder, open_signer(ada))
        return
    sign(folder, open_signer(ada))
    found = verify(folder, allow(tmp_path / "signers", ada))
    assert (found.problems, found.notes) == ((), (note,))
