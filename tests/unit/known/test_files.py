"""The files of known changes: an error in a file is one clear error with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from upgradeproof.errors import PlanError
from upgradeproof.extensions import folders_of
from upgradeproof.known import check_selection, read_known
from upgradeproof.plan import KnownSelection
from upgradeproof.probes import every_probe

SECTIONS = tuple(probe.section for probe in every_probe())

FILE = """\
[applies]
system = "example"
from = "1"
to = "2"

[[change]]
id = "new-shell"
facts = ["users/root/shell"]
kind = "changed"
reason = "the shell has another name"
source = "release notes, 4.2"

[[change]]
id = "new-user"
facts = ["users/_new"]
reason = "a user for the new daemon"
source = "postinst of new 2.0"
"""


def written(folder: Path, text: str = FILE, name: str = "example-1-to-2") -> Path:
    (folder / "known").mkdir(parents=True, exist_ok=True)
    (folder / "known" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def ids(folder: Path) -> list[str]:
    files = read_known((folder,), SECTIONS)
    return [entry.id for file in files["example-1-to-2"] for entry in file.change]


def test_a_project_adds_files_of_its_own(tmp_path: Path) -> None:
    found = read_known((written(tmp_path), tmp_path / "none"), ())
    assert {"debian-12-to-13", "example-1-to-2"} <= set(found)
    assert ids(tmp_path) == ["new-shell", "new-user"]


@pytest.mark.parametrize(
    ("product", "folders"),
    [
        ("/a/products/web", ("/a/products/web", "/a")),
        ("/a", ("/a",)),
        ("/a/b/web", ("/a/b/web",)),
    ],
)
def test_known_changes_are_next_to_the_plan_or_to_products(
    product: str, folders: tuple[str, ...]
) -> None:
    assert folders_of(Path(product)) == tuple(map(Path, folders))


WRONG = {
    "an unknown key": (
        ('kind = "changed"', 'kinds = "changed"'),
        "9: unknown key 'change.0.kinds'; did you mean 'kind'?",
    ),
    "an unknown kind": (
        ('kind = "changed"', 'kind = "altered"'),
        (
            "9: change.0.kind: input should be 'added', 'removed', 'changed', 'upgraded', "
            "'downgraded', 'installed', 'installed as a dependency', 'replaced', 'kept back', "
            "'no longer offered', 'offered again', 'marked auto' or 'marked manual', not 'altered'"
        ),
    ),
    "a glob without a section": (
        ('["users/root/shell"]', '["shell"]'),
        "8: change.0.facts: 'shell' is no glob over the diff: write it as section/key",
    ),
    "a glob over sections": (
        ('["users/root/shell"]', '["*/root/shell"]'),
        "8: change.0.facts: '*/root/shell' is no glob over the diff: write it as section/key",
    ),
    "half of a bracket": (
        ('["users/root/shell"]', '["users/[root"]'),
        ("8: change.0.facts: 'users/[root' has an unbalanced bracket: [[] matches a plain one"),
    ),
    "a glob over a whole section": (
        ('["users/root/shell"]', '["users/*"]'),
        "8: change.0.facts: 'users/*' matches too much: name what changes",
    ),
    "a glob with hardly a letter": (
        ('["users/root/shell"]', '["files//a*"]'),
        "8: change.0.facts: 'files//a*' matches too much: name what changes",
    ),
    "a glob over a folder of everything": (
        ('["users/root/shell"]', '["files//etc/*"]'),
        "8: change.0.facts: 'files//etc/*' matches too much: name what changes",
    ),
    "a section that there is not": (
        ('["users/root/shell"]', '["user/root/shell"]'),
        "8: change.0.facts: no section 'user'; did you mean 'users'?",
    ),
    "an id twice": (
        ('id = "new-user"', 'id = "new-shell"'),
        "14: change.1.id: 'new-shell' is the id of another known change",
    ),
    "a change without a source": (
        ('source = "postinst of new 2.0"\n', ""),
        "13: 'change.1.source' is missing",
    ),
    "lines that are none of a diff": (
        ('kind = "changed"', 'lines = ["umask"]'),
        "9: change.0.lines.0: string should match pattern '^(\\[-\\+\\]|[+-])', not 'umask'",
    ),
    "a list that is a set of characters": (
        ('kind = "changed"', """after = '["adm"]'"""),
        """9: change.0.after: '["adm"]' begins a set of characters: [[] matches a plain bracket""",
    ),
    "no subject": (
        ('system = "example"\n', ""),
        "1: applies: exactly one of `system`, `kernel` and `package` is needed",
    ),
    "two subjects": (
        ('system = "example"', 'system = "example"\nkernel = "linux"'),
        "1: applies: exactly one of `system`, `kernel` and `package` is needed",
    ),
    "a step without an end": (
        ('to = "2"\n', ""),
        "1: 'applies.to' is missing",
    ),
    "a version that is none": (
        ('to = "2"', 'to = "trixie"'),
        "4: applies.to: string should match pattern '^\\d+(\\.\\d+)*$', not 'trixie'",
    ),
}


@pytest.mark.parametrize(("change", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_one_error_with_its_line(
    tmp_path: Path, change: tuple[str, str], expected: str
) -> None:
    assert change[0] in FILE
    path = written(tmp_path, FILE.replace(*change)) / "known" / "example-1-to-2.toml"
    with pytest.raises(PlanError) as caught:
        read_known((tmp_path,), SECTIONS)
    assert caught.value.brief == f"{path} is not a valid file of known changes"
    assert caught.value.details == f"{path}:{expected}"


def test_two_files_may_have_a_name_but_no_id_in_common(tmp_path: Path) -> None:
    first = written(tmp_path / "a")
    other = written(tmp_path / "b", FILE.replace("new-shell", "newer-shell"))
    path, twin = (folder / "known" / "example-1-to-2.toml" for folder in (other, first))
    with pytest.raises(PlanError) as caught:
        read_known((first, other), SECTIONS)
    assert caught.value.details == (
        f"{path}:14: change.1.id: 'example-1-to-2/new-user' is in {twin}, too"
    )
    third = written(tmp_path / "c", FILE.replace('id = "new-', 'id = "newer-'))
    assert len(read_known((first, third), SECTIONS)["example-1-to-2"]) == 2


def test_a_plan_names_only_existing_known_changes(tmp_path: Path) -> None:
    files = read_known((written(tmp_path),), ())
    plan = tmp_path / "upgrade.toml"
    plan.write_text('[expect.known]\nexclude = ["example-1-to-2/new-shel"]\n', encoding="utf-8")
    check_selection(KnownSelection(include=("example-1-to-2/*",)), files, plan)
    with pytest.raises(PlanError) as caught:
        check_selection(KnownSelection(exclude=("example-1-to-2/new-shel",)), files, plan)
    assert caught.value.details == (
        f"{plan}:2: known.exclude: there is no known change 'example-1-to-2/new-shel'; "
        "did you mean 'example-1-to-2/new-shell'?"
    )
